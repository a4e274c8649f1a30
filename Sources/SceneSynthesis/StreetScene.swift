import SegmentationData
import SegmentationImage

/// One street drawn at random: what stands where, and how it looks.
struct StreetScene {
  /// What stands on one side of the street; distances from the camera's line, positive on both sides.
  struct Side {
    /// -1 left, 1 right.
    var sign: Float
    var curb: Float
    var sidewalkEnd: Float
    /// Where buildings begin.
    var facade: Float
    /// How densely buildings stand, 0 to 1.
    var density: Double
  }

  let camera: SceneCamera
  let sides: [Side]
  let seed: UInt32
  /// The sun's side, -1 or 1, and how bright it is against the sky's light: 0 under clouds.
  let sunSide: Float
  let sun: Float
  let light: SceneColor
  let zenith: SceneColor
  let haze: SceneColor
  let visibility: Float
  let asphalt: SceneColor
  let paving: SceneColor
  let grass: SceneColor
  let cloudiness: Float
  let exposure: Float
  let noise: Float
  /// How high the own car's hood reaches into the picture, as a share of its height.
  let hood: Float
  var random: RandomStream

  init(size: ImageSize, random: RandomStream) {
    var random = random
    func draw(_ range: ClosedRange<Double>) -> Float { Float(random.uniform(range)) }
    func tinted(_ gray: ClosedRange<Double>, _ spread: Double) -> SceneColor {
      let value = draw(gray)
      return SceneColor(
        value + draw(-spread...spread), value + draw(-spread...spread), value + draw(-spread...spread), 0)
    }
    let (height, width) = (Float(size.height), Float(size.width))
    camera = SceneCamera(
      height: draw(1.25...1.6), focal: max(width * 0.55, height) * draw(0.9...1.1), centerX: width * draw(0.44...0.56),
      horizon: height * draw(0.40...0.5), bend: draw(-0.0014...0.0014))
    seed = UInt32(truncatingIfNeeded: random.next())
    sides = [-1, 1].map { (sign: Float) in
      let curb = sign < 0 ? draw(4...7) : draw(2.4...4.5)
      let sidewalkEnd = curb + draw(2.2...5)
      let hasStrip = random.happens(0.55)
      return Side(
        sign: sign, curb: curb, sidewalkEnd: sidewalkEnd, facade: sidewalkEnd + (hasStrip ? draw(2...7) : 0.1),
        density: random.happens(0.25) ? 0.25 : 0.9)
    }
    sunSide = random.happens(0.5) ? -1 : 1
    let isSunny = random.happens(0.55)
    sun = isSunny ? draw(0.5...1) : draw(0...0.15)
    let warmth = draw(-0.08...0.14)
    light = SceneColor(1 + warmth, 1, 1 - warmth, 0)
    zenith = isSunny ? SceneColor(draw(0.12...0.25), draw(0.28...0.42), draw(0.6...0.85), 0) : tinted(0.5...0.75, 0.03)
    haze = isSunny ? SceneColor(0.62, 0.7, 0.8, 0) * draw(0.85...1.1) : tinted(0.55...0.8, 0.02)
    visibility = draw(60...160)
    cloudiness = isSunny ? draw(0...0.6) : draw(0.5...1)
    asphalt = tinted(0.07...0.17, 0.008)
    paving = tinted(0.2...0.34, 0.03)
    grass = SceneColor(draw(0.1...0.24), draw(0.2...0.3), draw(0.04...0.09), 0)
    exposure = draw(0.8...1.15)
    noise = draw(0.01...0.035)
    hood = random.happens(0.35) ? draw(0.04...0.1) : 0
    self.random = random
  }

  /// Draws everything: the backdrop, then objects from far to near.
  func rendered(size: ImageSize) -> (image: Image, mask: Mask) {
    let canvas = SceneCanvas(size: size, camera: camera, haze: haze, visibility: visibility)
    paintSky(on: canvas)
    paintGround(on: canvas)
    var random = random
    var objects: [SceneObject] = []
    for side in sides {
      objects += buildings(side, &random)
      objects += trees(side, &random)
      objects += furniture(side, &random)
      objects += parkedCars(side, &random)
      objects += people(side, &random)
    }
    objects += movingCars(&random)
    objects += skyline(&random)
    objects.sort { $0.distance > $1.distance }
    for object in objects { object.paint(canvas) }
    paintHood(on: canvas)
    return (canvas.developed(exposure: exposure, noise: noise, seed: seed), canvas.mask)
  }
}

/// Something that stands on the ground: painted later than what is farther.
struct SceneObject {
  let distance: Float
  let paint: (SceneCanvas) -> Void
}
