extension ColorJitter {
  private typealias Lanes = SIMD8<Int16>

  /// Turns the hue of the HSV color model by `shift` of the full circle. It works on blocks of pixels, split into
  /// channels.
  static func shiftHue(
    _ pixels: UnsafeMutablePointer<UInt8>, _ count: Int, _ table: [UInt8], _ shift: Double
  ) {
    let blockSize = 256
    // A shift by s moves the position by 6 s * chroma. It is kept in units of 1/2048, so that the product is rounded
    // only once.
    let turn = Int32(((shift - shift.rounded(.down)) * 6 * 2048).rounded())
    let turns = (0...255).map { Int16((Int32($0) * turn + 1024) >> 11) }
    withUnsafeTemporaryAllocation(of: Lanes.self, capacity: blockSize / 8 * 4) { memory in
      let lanes = memory.baseAddress!
      let values = UnsafeMutableRawPointer(lanes).assumingMemoryBound(to: Int16.self)
      let (red, green, blue, offset) = (
        values, values + blockSize, values + 2 * blockSize, values + 3 * blockSize
      )
      memory.update(repeating: Lanes(repeating: 0))
      table.withUnsafeBufferPointer { table in
        turns.withUnsafeBufferPointer { turns in
          for start in stride(from: 0, to: count, by: blockSize) {
            let size = min(blockSize, count - start)
            let block = pixels + 3 * start
            for i in 0..<size {
              let (r, g, b) = (table[Int(block[3 * i])], table[Int(block[3 * i + 1])], table[Int(block[3 * i + 2])])
              red[i] = Int16(r)
              green[i] = Int16(g)
              blue[i] = Int16(b)
              offset[i] = turns[Int(max(r, max(g, b)) - min(r, min(g, b)))]
            }
            for group in 0..<(size + 7) / 8 { rotate(lanes + group, blockSize / 8) }
            for i in 0..<size {
              block[3 * i] = UInt8(truncatingIfNeeded: red[i])
              block[3 * i + 1] = UInt8(truncatingIfNeeded: green[i])
              block[3 * i + 2] = UInt8(truncatingIfNeeded: blue[i])
            }
          }
        }
      }
    }
  }

  /// Turns the hue of eight pixels. With the chroma c = max - min, positions on the color circle run from 0 to 6c, so
  /// that no division is needed. Each channel is the maximum minus a trapezoid function of the position.
  @inline(__always)
  private static func rotate(_ lanes: UnsafeMutablePointer<Lanes>, _ stride: Int) {
    let zero = Lanes(repeating: 0)
    let (r, g, b) = (lanes[0], lanes[stride], lanes[2 * stride])
    let high = maximum(r, maximum(g, b))
    let chroma = high &- minimum(r, minimum(g, b))
    let circle = chroma &* 6
    var position = (chroma &* 4 &+ r &- g).replacing(with: chroma &* 2 &+ b &- r, where: g .== high)
    position.replace(with: g &- b, where: r .== high)
    position &+= zero.replacing(with: circle, where: position .< zero)
    position &+= lanes[3 * stride]
    position &-= circle.replacing(with: zero, where: position .< circle)
    for (channel, sector) in [(0, 5), (1, 3), (2, 1)] as [(Int, Int16)] {
      var k = position &+ chroma &* sector
      k &-= circle.replacing(with: zero, where: k .< circle)
      let drop = minimum(minimum(k, chroma &* 4 &- k), chroma)
      lanes[channel * stride] = high &- maximum(drop, zero)
    }
  }

  /// The standard library's `pointwiseMin` and `pointwiseMax`, and comparisons with a single number, go lane by lane.
  @inline(__always)
  private static func minimum(_ a: Lanes, _ b: Lanes) -> Lanes { a.replacing(with: b, where: b .< a) }

  @inline(__always)
  private static func maximum(_ a: Lanes, _ b: Lanes) -> Lanes { a.replacing(with: b, where: b .> a) }
}
