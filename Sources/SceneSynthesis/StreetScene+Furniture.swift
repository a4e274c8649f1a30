import SegmentationData

extension StreetScene {
  /// Lamp posts and traffic signs along the curb.
  func furniture(_ side: Side, _ random: inout RandomStream) -> [SceneObject] {
    var objects: [SceneObject] = []
    var z = Float(random.uniform(4...10))
    while z < 30 {
      let x = side.sign * (side.curb + Float(random.uniform(0.3...0.7)))
      objects.append(random.happens(0.6) ? sign(x: x, z: z, &random) : lamp(x: x, z: z, side, &random))
      z += Float(random.uniform(5...13))
    }
    return objects
  }

  private func lamp(x: Float, z: Float, _ side: Side, _ random: inout RandomStream) -> SceneObject {
    let metal = SceneColor(repeating: Float(random.uniform(0.06...0.3))) * lit(0.5)
    let height = Float(random.uniform(5...7.5))
    let radius = Float(random.uniform(0.13...0.19))
    return SceneObject(distance: z) { canvas in
      canvas.paintFigure(x: x - side.sign * 0.7, z: z, halfWidth: 0.85, top: height, label: CityscapesID.pole) { u, v in
        let across = u * side.sign  // The post stands at 0.7, the lamp hangs over the road.
        let thick = v < 1 ? radius * 1.3 : radius
        if abs(across - 0.7) < thick { return metal * (1.2 - 0.7 * abs(across - 0.7) / thick) }
        guard v > height - 0.22, across < 0.7 else { return nil }
        return across < -0.2 || v > height - 0.1 ? metal : nil
      }
    }
  }

  private func sign(x: Float, z: Float, _ random: inout RandomStream) -> SceneObject {
    let metal = SceneColor(repeating: Float(random.uniform(0.15...0.35))) * lit(0.5)
    let kind = random.index(below: 4)
    let radius = Float(random.uniform(0.42...0.62))
    let height = Float(random.uniform(2.2...2.9))
    let light = lit(0.6)
    return SceneObject(distance: z) { canvas in
      canvas.paintFigure(x: x, z: z, halfWidth: 0.12, top: height, label: CityscapesID.pole) { u, _ in
        metal * (1.2 - 5 * abs(u))
      }
      canvas.paintFigure(
        x: x, z: z, halfWidth: radius, bottom: height - radius, top: height + radius, label: CityscapesID.trafficSign
      ) { u, v in
        Self.signColor(kind, u / radius, (v - height) / radius).map { $0 * light }
      }
    }
  }

  /// Round with a red rim, a warning triangle, a blue square, a yellow diamond.
  @inline(__always)
  private static func signColor(_ kind: Int, _ x: Float, _ y: Float) -> SceneColor? {
    let (white, red) = (SceneColor(0.8, 0.8, 0.8, 0), SceneColor(0.6, 0.03, 0.03, 0))
    let symbol = abs(x) < 0.13 && abs(y) < 0.4
    switch kind {
    case 0:
      let reach = x * x + y * y
      return reach > 1 ? nil : reach > 0.55 ? red : symbol ? SceneColor(0.02, 0.02, 0.02, 0) : white
    case 1:
      let edge = (1 - y) * 0.5 - abs(x)
      return edge < 0 ? nil : edge < 0.2 || y < -0.7 ? red : symbol && y < 0.3 ? SceneColor(0.02, 0.02, 0.02, 0) : white
    case 2:
      guard max(abs(x), abs(y)) < 0.88 else { return nil }
      return max(abs(x), abs(y)) > 0.78 || symbol ? white : SceneColor(0.02, 0.12, 0.5, 0)
    default:
      let reach = abs(x) + abs(y)
      return reach > 1 ? nil : reach > 0.82 ? white : SceneColor(0.75, 0.5, 0.02, 0)
    }
  }
}
