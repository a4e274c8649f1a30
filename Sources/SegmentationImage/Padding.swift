/// The values that pixels outside an image get.
public enum Padding: String, Codable, CaseIterable, Sendable {
  /// One color in images, and one label in masks.
  case constant
  /// The image itself, mirrored at its border without repeating the outermost pixels (OpenCV's `BORDER_REFLECT_101`).
  case reflect

  /// The place within `0..<count` that a place outside of it mirrors.
  @inline(__always)
  package static func reflected(_ index: Int, count: Int) -> Int {
    guard count > 1 else { return 0 }
    let period = 2 * (count - 1)
    let place = index % period
    let positive = place < 0 ? place + period : place
    return positive < count ? positive : period - positive
  }
}
