/// A map of the plane that keeps lines straight: a rotation, a shear, a change of perspective, or several of them in a
/// row. A place (x, y) goes to (X / W, Y / W); X, Y and W are the products of the rows with (x, y, 1).
package struct Homography: Equatable, Sendable {
  package var x: SIMD3<Double>
  package var y: SIMD3<Double>
  package var w: SIMD3<Double>

  package init(_ x: SIMD3<Double>, _ y: SIMD3<Double>, _ w: SIMD3<Double> = SIMD3(0, 0, 1)) {
    self.x = x
    self.y = y
    self.w = w
  }

  package static let identity = Homography(SIMD3(1, 0, 0), SIMD3(0, 1, 0))

  package static func translation(_ x: Double, _ y: Double) -> Homography {
    Homography(SIMD3(1, 0, x), SIMD3(0, 1, y))
  }

  /// The map that takes each of four places to the place of the same number; no three of them may lie on a line.
  package init(from: [SIMD2<Double>], to: [SIMD2<Double>]) {
    let map = Self.basis(to) * Self.basis(from).inverse
    self.init(map.x / map.w.z, map.y / map.w.z, map.w / map.w.z)
  }

  /// The map that takes (1, 0, 0), (0, 1, 0), (0, 0, 1) and (1, 1, 1) to four places.
  private static func basis(_ places: [SIMD2<Double>]) -> Homography {
    precondition(places.count == 4, "a homography is given by four places")
    let corners = Homography(
      SIMD3(places[0].x, places[1].x, places[2].x), SIMD3(places[0].y, places[1].y, places[2].y), SIMD3(1, 1, 1))
    let inverse = corners.inverse
    let last = SIMD3(places[3].x, places[3].y, 1)
    let factors = SIMD3((inverse.x * last).sum(), (inverse.y * last).sum(), (inverse.w * last).sum())
    return Homography(corners.x * factors, corners.y * factors, corners.w * factors)
  }

  /// Applies the second map, then the first.
  package static func * (first: Homography, second: Homography) -> Homography {
    func row(_ row: SIMD3<Double>) -> SIMD3<Double> { row.x * second.x + row.y * second.y + row.z * second.w }
    return Homography(row(first.x), row(first.y), row(first.w))
  }

  package var inverse: Homography {
    let (first, second, third) = (Self.cross(y, w), Self.cross(w, x), Self.cross(x, y))
    let determinant = (x * first).sum()
    return Homography(
      SIMD3(first.x, second.x, third.x) / determinant, SIMD3(first.y, second.y, third.y) / determinant,
      SIMD3(first.z, second.z, third.z) / determinant)
  }

  private static func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
  }

  /// The same map with (x, y) in the place of the origin.
  package func around(_ x: Double, _ y: Double) -> Homography {
    .translation(x, y) * self * .translation(-x, -y)
  }

  /// Whether W is 1 everywhere.
  var isAffine: Bool { w == SIMD3(0, 0, 1) }

  /// The place that a place goes to; nil if there is none, as for a point behind a camera.
  @inline(__always)
  package func callAsFunction(_ x: Double, _ y: Double) -> (x: Double, y: Double)? {
    let weight = w.x * x + w.y * y + w.z
    guard weight > 1e-9 else { return nil }
    return ((self.x.x * x + self.x.y * y + self.x.z) / weight, (self.y.x * x + self.y.y * y + self.y.z) / weight)
  }
}
