/// A file that can be written for an image that was labelled.
package enum PredictionProduct: String, CaseIterable, Sendable {
  /// The class numbers, as a PNG with a palette.
  case ids
  /// The classes' colors.
  case color
  /// The image with the classes' colors over it.
  case overlay
  /// The probability of each pixel's class, as gray.
  case probability
}
