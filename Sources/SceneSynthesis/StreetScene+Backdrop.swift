extension StreetScene {
  /// A gradient from the horizon up, with clouds that shrink towards it.
  func paintSky(on canvas: SceneCanvas) {
    let horizon = camera.horizon
    canvas.paint(rows: 0..<canvas.size.height, columns: 0..<canvas.size.width, label: CityscapesID.sky) { x, y in
      guard y < horizon + 1 else { return haze }
      let rise = max(0, (horizon - y) / horizon)
      let sky = zenith * rise.squareRoot() + haze * (1 - rise.squareRoot())
      let depth = 1 / (rise + 0.12)
      let (u, v) = ((x - camera.centerX) / camera.focal * depth * 2.5, depth * 2.2)
      let cloud = ProceduralNoise.smooth(u, v, seed) * 0.65 + ProceduralNoise.smooth(u * 2.7, v * 2.7, seed ^ 5) * 0.35
      let cover = min(1, max(0, (cloud - 0.85 + cloudiness * 0.55) * 3.5)) * 0.8
      return sky * (1 - cover) + SceneColor(0.85, 0.86, 0.9, 0) * (0.75 + 0.25 * sun) * cover
    }
  }

  /// How much light falls on a surface: the sky's, and the sun's where it reaches.
  func lit(_ sunShare: Float) -> SceneColor { light * (0.62 + 0.75 * sun * sunShare) }

  func paintGround(on canvas: SceneCanvas) {
    let first = max(0, Int(camera.horizon) + 1)
    for row in first..<max(first, canvas.size.height) {
      let z = camera.groundDistance(Float(row) + 0.5)
      guard z > 0, z < 400 else { continue }
      let fog = canvas.hazeShare(z)
      for (label, from, to) in lanes(at: z) {
        let columns = SceneCanvas.pixels(camera.column(from, z), camera.column(to, z))
        canvas.paint(rows: row..<row + 1, columns: columns, label: label) { column, _ in
          let x = camera.lateral(column, z)
          return groundColor(label, x, z) * lit(isShaded(x, z) ? 0 : 1) * (1 - fog) + haze * fog
        }
      }
    }
  }

  /// What lies at a distance, from left to right.
  private func lanes(at z: Float) -> [(label: UInt8, from: Float, to: Float)] {
    let (left, right) = (sides[0], sides[1])
    return [
      (CityscapesID.terrain, -1000, -left.sidewalkEnd), (CityscapesID.sidewalk, -left.sidewalkEnd, -left.curb),
      (CityscapesID.road, -left.curb, right.curb), (CityscapesID.sidewalk, right.curb, right.sidewalkEnd),
      (CityscapesID.terrain, right.sidewalkEnd, 1000),
    ]
  }

  /// Buildings on the sun's side throw their shade onto the street.
  private func isShaded(_ x: Float, _ z: Float) -> Bool {
    let side = sunSide < 0 ? sides[0] : sides[1]
    let reach = ProceduralNoise.hash(Int32(z / 11), 3, seed) * 7 * Float(side.density)
    return x * sunSide > side.facade - reach
  }

  private func groundColor(_ label: UInt8, _ x: Float, _ z: Float) -> SceneColor {
    // Texture finer than a pixel would flicker: it fades with distance.
    let detail = min(1, 9 / z)
    let fine = (ProceduralNoise.smooth(x * 14, z * 14, seed) - 0.5) * detail
    let coarse = ProceduralNoise.smooth(x * 0.7, z * 0.35, seed ^ 9) - 0.5
    switch label {
    case CityscapesID.road:
      if isMarked(x, z) { return SceneColor(0.62, 0.62, 0.58, 0) * (1 + fine * 0.5 + coarse * 0.3) }
      return asphalt * (1 + fine * 0.5 + coarse * 0.35)
    case CityscapesID.sidewalk:
      let side = sides[x < 0 ? 0 : 1]
      if abs(x) < side.curb + 0.18 { return paving * (1.35 + fine * 0.2) }
      let tile = ProceduralNoise.hash(Int32((x * 1.6).rounded(.down)), Int32((z * 1.6).rounded(.down)), seed ^ 3)
      let (u, v) = (x * 1.6 - (x * 1.6).rounded(.down), z * 1.6 - (z * 1.6).rounded(.down))
      let joint: Float = min(u, v) < 0.08 ? 0.75 : 1
      return paving * ((0.93 + 0.14 * tile * detail) * (1 - (1 - joint) * detail) + fine * 0.15)
    default:
      let blades = ProceduralNoise.smooth(x * 5, z * 3, seed ^ 21) - 0.5
      let dry = SceneColor(0.08, 0.02, 0, 0) * coarse
      return grass * (1 + fine * 0.9 + blades * 0.5 * detail) + dry
    }
  }

  /// Lane marks: a dashed line in the middle, solid ones along the curbs.
  private func isMarked(_ x: Float, _ z: Float) -> Bool {
    let (left, right) = (sides[0].curb, sides[1].curb)
    if abs(x + left - 0.35) < 0.07 || abs(x - right + 0.35) < 0.07 { return true }
    let middle = (right - left) / 2
    return abs(x - middle) < 0.08 && (z + Float(seed & 7)).truncatingRemainder(dividingBy: 7) < 3.5
  }

  /// The own car's hood at the lower edge, which Cityscapes ignores.
  func paintHood(on canvas: SceneCanvas) {
    guard hood > 0 else { return }
    let (height, width) = (Float(canvas.size.height), Float(canvas.size.width))
    let color = SceneColor(0.05, 0.055, 0.065, 0)
    let first = Int(height * (1 - hood))
    canvas.paint(rows: first..<canvas.size.height, columns: 0..<canvas.size.width, label: CityscapesID.egoVehicle) {
      x, y in
      let across = (x / width - 0.5) * 2
      let edge = height * (1 - hood * (1 - across * across * 0.9))
      guard y > edge else { return nil }
      return color * lit(1) + haze * 0.12 * max(0, 1 - (y - edge) / (height * 0.03))
    }
  }
}
