import Torch

/// The heights and widths of images that a network takes.
public struct SizeRule: Hashable, Sendable, CustomStringConvertible {
  /// A number of which height and width must be multiples; 1 if any will do.
  public let multiple: Int
  /// The least height and the least width.
  public let minimum: Int

  /// Makes a rule; without arguments it allows every size.
  public init(multiple: Int = 1, minimum: Int = 1) {
    self.multiple = multiple
    self.minimum = minimum
  }

  /// The smallest size that fits and that an image of `size` fits into.
  public func padded(_ size: ImageSize) -> ImageSize {
    func padded(_ length: Int) -> Int { (max(length, minimum) + multiple - 1) / multiple * multiple }
    return ImageSize(height: padded(size.height), width: padded(size.width))
  }

  /// The rule in words, such as "multiples of 32".
  public var description: String {
    let sizes = multiple == 1 ? "any size" : "multiples of \(multiple)"
    return minimum <= multiple ? sizes : "\(sizes) from \(minimum) on"
  }
}
