/// Noise without state: the same place and seed give the same value.
enum ProceduralNoise {
  /// A value from 0 to 1 for a lattice point.
  @inline(__always)
  static func hash(_ x: Int32, _ y: Int32, _ seed: UInt32) -> Float {
    var h = UInt32(bitPattern: x) &* 0x8DA6_B343 ^ UInt32(bitPattern: y) &* 0xD816_3841 ^ seed &* 0xCB1A_B31F
    h = (h ^ (h >> 15)) &* 0x2C1B_3C6D
    h = (h ^ (h >> 12)) &* 0x297A_2D39
    h ^= h >> 15
    return Float(h >> 8) * 0x1p-24
  }

  /// Smooth noise from 0 to 1 with features about one unit wide; places lie within a million units.
  @inline(__always)
  static func smooth(_ x: Float, _ y: Float, _ seed: UInt32) -> Float {
    let (column, row) = (x.rounded(.down), y.rounded(.down))
    let (u, v) = (x - column, y - row)
    let (i, j) = (Int32(column), Int32(row))
    let (a, b) = (u * u * (3 - 2 * u), v * v * (3 - 2 * v))
    let upper = hash(i, j, seed) * (1 - a) + hash(i &+ 1, j, seed) * a
    let lower = hash(i, j &+ 1, seed) * (1 - a) + hash(i &+ 1, j &+ 1, seed) * a
    return upper * (1 - b) + lower * b
  }
}
