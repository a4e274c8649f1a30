import SegmentationData

extension StreetScene {
  func parkedCars(_ side: Side, _ random: inout RandomStream) -> [SceneObject] {
    guard random.happens(0.75) else { return [] }
    var objects: [SceneObject] = []
    var z = Float(random.uniform(4...12))
    while z < 80 {
      if random.happens(0.6) {
        objects.append(car(x: side.sign * (side.curb - 1.05), z: z, showsRear: side.sign > 0, &random))
      }
      z += Float(random.uniform(5.6...8))
    }
    return objects
  }

  func movingCars(_ random: inout RandomStream) -> [SceneObject] {
    var objects: [SceneObject] = []
    let (left, right) = (sides[0].curb, sides[1].curb)
    let middle = (right - left) / 2
    for (lane, showsRear) in [((middle + right) / 2 - 0.3, true), ((middle - left) / 2 + 0.3, false)] {
      var z = Float(random.uniform(7...40))
      while z < 90 {
        objects.append(car(x: lane + Float(random.uniform(-0.3...0.3)), z: z, showsRear: showsRear, &random))
        z += Float(random.uniform(12...45))
      }
    }
    return objects
  }

  /// A car along the street: the end towards the camera, and the side that the camera sees.
  private func car(x: Float, z: Float, showsRear: Bool, _ random: inout RandomStream) -> SceneObject {
    let body = CarBody(showsRear: showsRear, using: &random)
    let end = lit(0.5)
    // The side towards the camera's line is seen; the sun reaches it from across the street.
    let inner = x > 0 ? x - body.halfWidth : x + body.halfWidth
    let flank = lit((x > 0) == (sunSide < 0) ? 1 : 0.15)
    return SceneObject(distance: z + 1) { canvas in
      canvas.shadeGround(
        x: x - sunSide * 0.3, z: z + body.length / 2, radiusX: body.halfWidth * 1.35, radiusZ: body.length * 0.62,
        strength: 0.8)
      canvas.paintWall(from: (inner, z), to: (inner, z + body.length), top: body.height, label: CityscapesID.car) {
        body.side(along: $0, above: $1).map { $0 * flank }
      }
      canvas.paintFigure(x: x, z: z, halfWidth: body.halfWidth, top: body.height, label: CityscapesID.car) {
        body.end(across: $0, above: $1).map { $0 * end }
      }
    }
  }
}

/// The look of a car in its own coordinates.
private struct CarBody {
  let paint: SceneColor
  let halfWidth: Float
  let height: Float
  let length: Float
  let isVan: Bool
  let showsRear: Bool

  init(showsRear: Bool, using random: inout RandomStream) {
    let paints: [SceneColor] = [
      SceneColor(0.03, 0.03, 0.035, 0), SceneColor(0.5, 0.5, 0.52, 0), SceneColor(0.75, 0.75, 0.75, 0),
      SceneColor(0.42, 0.03, 0.03, 0), SceneColor(0.03, 0.08, 0.35, 0), SceneColor(0.18, 0.19, 0.2, 0),
      SceneColor(0.03, 0.2, 0.12, 0), SceneColor(0.6, 0.4, 0.05, 0),
    ]
    paint = paints[random.index(below: paints.count)] * Float(random.uniform(0.7...1.2))
    isVan = random.happens(0.2)
    halfWidth = Float(random.uniform(0.85...0.97))
    height = Float(isVan ? random.uniform(1.8...2.1) : random.uniform(1.4...1.6))
    length = Float(random.uniform(3.8...4.8))
    self.showsRear = showsRear
  }

  private var belt: Float { height * 0.62 }

  /// The roof's height along the car: it slopes at the far end alone, since the near end is drawn upright.
  private func roof(_ along: Float) -> Float {
    let (hood, slope): (Float, Float) = isVan ? (0, 0.5) : showsRear ? (1.1, 0.7) : (0.3, 0.6)
    return belt + (height - belt) * min(1, max(0, (length - hood - along) / slope))
  }

  @inline(__always)
  func side(along: Float, above: Float) -> SceneColor? {
    let wheel: Float = 0.33
    for center in [0.8, length - 0.85] {
      let (dx, dy) = (along - center, above - wheel)
      let reach = dx * dx + dy * dy
      if reach < 0.035 { return SceneColor(0.3, 0.3, 0.31, 0) }
      if reach < wheel * wheel { return SceneColor(0.012, 0.012, 0.013, 0) }
    }
    guard above > 0.2, above < roof(along) else { return nil }
    if above > belt {
      let pillar = abs(along - length * 0.46) < 0.05
      let isGlass = above < roof(along) - 0.1 && !pillar
      return isGlass ? SceneColor(0.03, 0.04, 0.05, 0) * (1 + 2 * (above - belt)) : paint * 0.9
    }
    let crease: Float = abs(above - belt * 0.75) < 0.03 ? 0.75 : 1
    return paint * crease * (0.65 + 0.5 * above / belt)
  }

  @inline(__always)
  func end(across: Float, above: Float) -> SceneColor? {
    let x = abs(across)
    if above < 0.3 {
      let isTire = x > halfWidth - 0.32 && x < halfWidth - 0.06
      return isTire ? SceneColor(0.012, 0.012, 0.013, 0) : above > 0.2 ? SceneColor(0.02, 0.02, 0.022, 0) : nil
    }
    if above > belt {
      let edge = halfWidth - (isVan ? 0.05 : 0.3) * (above - belt) / (height - belt) - 0.03
      guard x < edge else { return nil }
      let isGlass = x < edge - 0.1 && above < height - 0.12
      return isGlass ? SceneColor(0.04, 0.05, 0.06, 0) * (1 + 2.5 * (above - belt)) : paint
    }
    if x > halfWidth - 0.36, above > belt * 0.68, above < belt * 0.9 {
      return showsRear ? SceneColor(0.5, 0.02, 0.02, 0) : SceneColor(0.85, 0.85, 0.75, 0)
    }
    if x < 0.27, above > 0.46, above < 0.58 { return SceneColor(0.7, 0.7, 0.66, 0) }
    if !showsRear, x < halfWidth - 0.42, above > 0.5, above < belt * 0.8 { return SceneColor(0.025, 0.025, 0.028, 0) }
    if above < 0.45 { return paint * 0.5 }
    return paint * (0.7 + 0.35 * above / belt)
  }
}
