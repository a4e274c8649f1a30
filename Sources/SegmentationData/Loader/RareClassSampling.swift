import Basics
import Foundation

/// Which training images are taken how often: for each, a class is drawn, the rarer the likelier, and then an image that
/// shows it (DAFormer's rare class sampling, https://arxiv.org/abs/2111.14887). An epoch has as many images as without it.
public struct RareClassSampling: Codable, Equatable, Sendable, ValidatedOptions {
  /// How evenly classes are drawn: the smaller, the more the rarest ones are preferred. The likelihood of a class is
  /// proportional to exp((1 - share) / temperature), where the share is that of all labelled pixels.
  public var temperature = 0.01
  /// How many pixels of a class an image needs to count as one that shows it. If no image has as many, all that have some
  /// count.
  public var minimumPixels = 3000

  public init() {}

  public func validate() throws(InvalidOption) {
    try require(temperature, in: 0.001...1000, "temperature")
    try require(minimumPixels, in: 1...1_000_000_000, "minimumPixels")
  }
}
