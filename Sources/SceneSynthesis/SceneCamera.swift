/// A pinhole camera above a flat street. Metres: X to the right, Y up from the ground, Z ahead. The street may bend:
/// at distance Z everything lies `bend * Z * Z` further right.
struct SceneCamera {
  var height: Float
  /// In pixels.
  var focal: Float
  var centerX: Float
  /// The row of the horizon.
  var horizon: Float
  var bend: Float

  func column(_ x: Float, _ z: Float) -> Float { centerX + focal * (x / z + bend * z) }

  func row(_ y: Float, _ z: Float) -> Float { horizon + focal * (height - y) / z }

  /// The distance of the ground in a row below the horizon.
  func groundDistance(_ row: Float) -> Float { focal * height / (row - horizon) }

  /// The X of a column at a distance.
  func lateral(_ column: Float, _ z: Float) -> Float { ((column - centerX) / focal - bend * z) * z }

  /// The Y of a row at a distance.
  func elevation(_ row: Float, _ z: Float) -> Float { height - (row - horizon) * z / focal }
}
