import SegmentationData

extension StreetScene {
  /// People on the sidewalk, and now and then one on the road.
  func people(_ side: Side, _ random: inout RandomStream) -> [SceneObject] {
    let count = 1 + random.index(below: 7)
    return (0..<count).map { _ in
      let crosses = random.happens(0.12)
      let place =
        crosses
        ? Float(random.uniform(0.5...Double(side.curb)))
        : Float(random.uniform(Double(side.curb) + 0.4...Double(side.sidewalkEnd) - 0.3))
      return person(x: place * side.sign, z: Float(random.uniform(4...13)), &random)
    }
  }

  private func person(x: Float, z: Float, _ random: inout RandomStream) -> SceneObject {
    func draw(_ range: ClosedRange<Double>) -> Float { Float(random.uniform(range)) }
    func cloth() -> SceneColor {
      let value = draw(0.02...0.35)
      return SceneColor(value * draw(0.4...1.6), value * draw(0.4...1.5), value * draw(0.4...1.6), 0)
    }
    let (shirt, trousers) = (cloth() * 1.4, cloth() * 0.6)
    let skin = SceneColor(0.5, 0.32, 0.23, 0) * draw(0.4...1.15)
    let hair = SceneColor(0.1, 0.07, 0.05, 0) * draw(0.3...2)
    let size = draw(0.88...1.08)
    let stride = draw(0.05...0.2)
    let girth = draw(0.9...1.25)
    let light = lit(0.6)
    return SceneObject(distance: z) { canvas in
      canvas.shadeGround(x: x - sunSide * 0.25, z: z, radiusX: 0.5, radiusZ: 0.35, strength: 0.65)
      canvas.paintFigure(x: x, z: z, halfWidth: 0.42, top: 1.8 * size, label: CityscapesID.person) { u, v in
        let (across, above) = (u / girth, v / size)
        let (dx, dy) = (u, above - 1.6)
        if dx * dx / 0.015 + dy * dy / 0.025 < 1 { return (dy > 0.04 ? hair : skin) * light }
        let x = abs(across)
        // Rounder than a plank: darker towards the sides.
        let round = 1.1 - 1.6 * x
        if above > 0.85, above < 1.46 {
          let shoulder: Float = 0.26 - max(0, above - 1.34) * 1.3
          guard x < shoulder else { return nil }
          if x > 0.185, above < 0.95 { return skin * light * 0.9 }
          return shirt * light * (x > 0.17 && x < 0.19 ? 0.6 : round)
        }
        guard above < 0.88 else { return nil }
        let leg = stride * (1 - above / 0.88)
        guard abs(x - 0.085 - leg * 0.5) < 0.085 else { return nil }
        return (above < 0.07 ? SceneColor(0.02, 0.02, 0.02, 0) : trousers) * light * round
      }
    }
  }
}
