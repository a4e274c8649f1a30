import SegmentationData

extension StreetScene {
  /// Houses along one side: the face along the street, and the one towards the camera.
  func buildings(_ side: Side, _ random: inout RandomStream) -> [SceneObject] {
    var objects: [SceneObject] = []
    var z: Float = -4
    while z < 130 {
      let length = Float(random.uniform(7...19))
      let stands = random.happens(side.density)
      let house = House(using: &random)
      defer { z += length + (random.happens(0.2) ? Float(random.uniform(2...6)) : 0) }
      guard stands, z + length > 2 else { continue }
      let (near, far) = (max(z, 1), z + length)
      let x = side.facade * side.sign
      let faceLight = lit(side.sign == sunSide ? 0.1 : 1)
      let frontLight = lit(0.45) * 0.9
      let skipped = near - z
      objects.append(
        SceneObject(distance: far) { canvas in
          canvas.paintWall(
            from: (x + side.sign * 12, near), to: (x, near), top: house.height, label: CityscapesID.building
          ) { house.color(along: $0, above: $1, seed: seed) * frontLight }
          canvas.paintWall(from: (x, near), to: (x, far), top: house.height, label: CityscapesID.building) {
            house.color(along: $0 + skipped, above: $1, seed: seed ^ 1) * faceLight
          }
        })
    }
    return objects
  }

  /// What closes the street in the distance: houses and woods in the haze.
  func skyline(_ random: inout RandomStream) -> [SceneObject] {
    var objects: [SceneObject] = []
    var x: Float = -220
    while x < 220 {
      let width = Float(random.uniform(10...30))
      let z = Float(random.uniform(140...190))
      let center = x + width / 2
      if random.happens(0.5) {
        let house = House(using: &random)
        let light = lit(0.5)
        objects.append(
          SceneObject(distance: z) { canvas in
            canvas.paintFigure(x: center, z: z, halfWidth: width / 2, top: house.height, label: CityscapesID.building) {
              house.color(along: $0 + width, above: $1, seed: seed) * light
            }
          })
      } else {
        let height = Float(random.uniform(6...14))
        let color = foliage(&random) * lit(0.5)
        objects.append(
          SceneObject(distance: z) { canvas in
            canvas.paintFigure(x: center, z: z, halfWidth: width * 0.7, top: height, label: CityscapesID.vegetation) {
              u, v in
              let rim = height * (0.55 + 0.45 * ProceduralNoise.smooth((center + u) * 0.3, 0, seed))
              return v < rim ? color * (0.7 + 0.5 * v / height) : nil
            }
          })
      }
      x += width * 0.8
    }
    return objects
  }
}

/// The look of a house: plaster or brick, windows in floors, a darker base and an eave.
private struct House {
  let height: Float
  let wall: SceneColor
  let trim: SceneColor
  let floor: Float
  let pitch: Float
  let windowWidth: Float
  let windowHeight: Float
  let hasShop: Bool
  let isBrick: Bool

  init(using random: inout RandomStream) {
    func draw(_ range: ClosedRange<Double>) -> Float { Float(random.uniform(range)) }
    floor = draw(2.7...3.5)
    height = floor * Float(2 + random.index(below: 5)) + draw(0.4...1.2)
    let tones: [SceneColor] = [
      SceneColor(0.45, 0.2, 0.14, 0), SceneColor(0.55, 0.48, 0.36, 0), SceneColor(0.42, 0.42, 0.42, 0),
      SceneColor(0.6, 0.55, 0.45, 0), SceneColor(0.34, 0.22, 0.17, 0), SceneColor(0.5, 0.4, 0.28, 0),
      SceneColor(0.3, 0.33, 0.38, 0),
    ]
    wall = tones[random.index(below: tones.count)] * draw(0.65...1.15)
    trim = wall * draw(0.5...1.5)
    pitch = draw(2.2...3.4)
    windowWidth = draw(0.9...1.5)
    windowHeight = draw(1.2...1.9)
    hasShop = random.happens(0.3)
    isBrick = random.happens(0.4)
  }

  @inline(__always)
  func color(along: Float, above: Float, seed: UInt32) -> SceneColor {
    if above > height - 0.45 { return trim * 0.8 }
    let level = (above / floor).rounded(.down)
    let (u, v) = (along - (along / pitch).rounded(.down) * pitch, above - level * floor)
    let isGround = level == 0
    let (width, bottom, top) =
      isGround && hasShop ? (pitch * 0.86, Float(0.4), floor - 0.5) : (windowWidth, Float(0.9), 0.9 + windowHeight)
    let dx = abs(u - pitch / 2) - width / 2
    if dx < 0, v > bottom, v < min(top, floor - 0.25) {
      // Panes mirror the sky to different degrees; some rooms are lit.
      let pane = ProceduralNoise.hash(Int32(along / pitch), Int32(level), seed)
      let glass = SceneColor(0.05, 0.065, 0.085, 0) + SceneColor(0.25, 0.3, 0.36, 0) * (pane * pane)
      let bar: Float = abs(u - pitch / 2) < 0.04 ? 1.8 : 1
      return glass * bar * (0.8 + 0.4 * (v - bottom) / (top - bottom))
    }
    if dx < 0.12, v > bottom - 0.12, v < top + 0.12 { return trim }
    if above < 0.5 { return wall * 0.6 }
    let grime = 0.88 + 0.2 * ProceduralNoise.smooth(along * 0.8, above * 0.5, seed)
    guard isBrick else { return wall * grime }
    let course = (above * 6).rounded(.down)
    let brick = ProceduralNoise.hash(Int32((along * 3 + course * 0.5).rounded(.down)), Int32(course), seed ^ 11)
    return wall * grime * (0.88 + 0.24 * brick)
  }
}
