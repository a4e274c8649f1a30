import Foundation

/// These options take images with rare classes more often (DAFormer's rare class sampling,
/// https://arxiv.org/abs/2111.14887). A class is drawn for each image, the rarer the likelier, and then an image that
/// shows it. An epoch has as many images as without it.
public struct RareClassSampling: Codable, Equatable, Sendable {
  /// The smaller this number, the more the rarest classes are preferred. The likelihood of a class is proportional to
  /// exp((1 - share) / temperature), in which the share is that of all labelled pixels.
  public var temperature = 0.01
  /// The number of pixels of a class that an image needs to count as one that shows it. If no image has as many, all
  /// images with some of them count.
  public var minimumPixels = 3000

  public init() {}

  func validate() throws(DataError) {
    try DataError.require(
      temperature >= 0.001 && temperature <= 1000, "data.rare_class_sampling.temperature", "0.001 to 1000", temperature)
    try DataError.require(
      (1...1_000_000_000).contains(minimumPixels), "data.rare_class_sampling.minimum_pixels", "1 to 1000000000",
      minimumPixels)
  }
}
