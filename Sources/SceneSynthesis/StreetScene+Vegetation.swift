import SegmentationData

extension StreetScene {
  /// A green to work with.
  func foliage(_ random: inout RandomStream) -> SceneColor {
    func draw(_ range: ClosedRange<Double>) -> Float { Float(random.uniform(range)) }
    return SceneColor(draw(0.05...0.15), draw(0.13...0.22), draw(0.02...0.06), 0)
  }

  /// Trees along the sidewalk and on the strip behind it, and bushes before the houses.
  func trees(_ side: Side, _ random: inout RandomStream) -> [SceneObject] {
    func draw(_ range: ClosedRange<Double>) -> Float { Float(random.uniform(range)) }
    var objects: [SceneObject] = []
    let isAvenue = random.happens(0.5)
    let open = side.density < 0.5
    var z = draw(5...14)
    while z < 110 {
      let behind = side.facade - side.sidewalkEnd > 1.5 || open
      if isAvenue || behind {
        let place = behind ? side.sidewalkEnd + draw(0.6...(open ? 14 : 2)) : side.curb + 0.6
        objects.append(tree(x: place * side.sign, z: z, &random))
      }
      if behind, random.happens(0.7) {
        let place = side.sidewalkEnd + draw(0.7...(open ? 10 : 2.5))
        objects.append(bush(x: place * side.sign, z: z + draw(1...5), &random))
      }
      z += draw(open ? 3...8 : 7...16)
    }
    return objects
  }

  private func tree(x: Float, z: Float, _ random: inout RandomStream) -> SceneObject {
    func draw(_ range: ClosedRange<Double>) -> Float { Float(random.uniform(range)) }
    let color = foliage(&random)
    let (radius, crown) = (draw(1.3...2.6), draw(3.4...5.2))
    let trunk = draw(0.11...0.2)
    let top = crown + radius * 1.15
    let salt = UInt32(truncatingIfNeeded: random.next())
    let bark = SceneColor(0.12, 0.09, 0.07, 0) * lit(0.5)
    let (bright, dark) = (color * lit(1) * 1.5, color * lit(0) * 0.5)
    return SceneObject(distance: z) { canvas in
      canvas.shadeGround(x: x - sunSide * 1.2, z: z, radiusX: radius * 1.2, radiusZ: radius, strength: 0.25 + 0.3 * sun)
      canvas.paintFigure(x: x, z: z, halfWidth: radius * 1.2, top: top, label: CityscapesID.vegetation) { u, v in
        let (dx, dy) = (u / radius, (v - crown) / (radius * 1.1))
        let leaves =
          ProceduralNoise.smooth(u * 2.2, v * 2.2, salt) * 0.6 + ProceduralNoise.smooth(u * 6, v * 6, salt ^ 8) * 0.4
        if dx * dx + dy * dy < 0.62 + 0.62 * leaves {
          let shade = min(1, max(0, 0.5 + 0.35 * dy + 0.25 * dx * sunSide + (leaves - 0.5) * 0.9))
          return bright * shade + dark * (1 - shade)
        }
        return abs(u) < trunk && v < crown
          ? bark * (0.8 + 0.4 * ProceduralNoise.hash(Int32(u * 40), Int32(v * 9), salt)) : nil
      }
    }
  }

  private func bush(x: Float, z: Float, _ random: inout RandomStream) -> SceneObject {
    func draw(_ range: ClosedRange<Double>) -> Float { Float(random.uniform(range)) }
    let color = foliage(&random)
    let (width, height) = (draw(0.8...2), draw(0.7...1.7))
    let salt = UInt32(truncatingIfNeeded: random.next())
    let (bright, dark) = (color * lit(1) * 1.3, color * lit(0) * 0.5)
    return SceneObject(distance: z) { canvas in
      canvas.shadeGround(x: x, z: z, radiusX: width * 1.1, radiusZ: 0.8, strength: 0.45)
      canvas.paintFigure(x: x, z: z, halfWidth: width, top: height * 1.1, label: CityscapesID.vegetation) { u, v in
        let (dx, dy) = (u / width, v / height)
        let leaves =
          ProceduralNoise.smooth(u * 4, v * 4, salt) * 0.6 + ProceduralNoise.smooth(u * 9, v * 9, salt ^ 8) * 0.4
        guard dx * dx + dy * dy < 0.75 + 0.5 * leaves else { return nil }
        let shade = min(1, max(0, 0.2 + 0.6 * dy + 0.2 * dx * sunSide + (leaves - 0.5) * 0.9))
        return bright * shade + dark * (1 - shade)
      }
    }
  }
}
