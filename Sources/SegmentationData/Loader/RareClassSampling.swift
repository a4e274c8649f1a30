import Basics
import Foundation

/// These options take images with rare classes more often (DAFormer's rare class sampling,
/// https://arxiv.org/abs/2111.14887). A class is drawn for each image, the rarer the likelier, and then an image that
/// shows it. An epoch has as many images as without it.
public struct RareClassSampling: Codable, Equatable, Sendable, ValidatedOptions {
  /// The smaller this number, the more the rarest classes are preferred. The likelihood of a class is proportional to
  /// exp((1 - share) / temperature), in which the share is that of all labelled pixels.
  public var temperature = 0.01
  /// The number of pixels of a class that an image needs to count as one that shows it. If no image has as many, all
  /// images with some of them count.
  public var minimumPixels = 3000

  public init() {}

  public func validate() throws(InvalidOption) {
    try require(temperature, in: 0.001...1000, "temperature")
    try require(minimumPixels, in: 1...1_000_000_000, "minimumPixels")
  }
}
