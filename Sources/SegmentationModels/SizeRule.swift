import Torch

/// Which heights and widths of images a network takes.
public struct SizeRule: Hashable, Sendable, CustomStringConvertible {
  /// They are multiples of it; 1 where any will do.
  public let multiple: Int
  /// They are at least this.
  public let minimum: Int

  public init(multiple: Int = 1, minimum: Int = 1) {
    self.multiple = multiple
    self.minimum = minimum
  }

  /// The smallest size that fits and that an image of `size` fits into.
  public func padded(_ size: ImageSize) -> ImageSize {
    func padded(_ length: Int) -> Int { (max(length, minimum) + multiple - 1) / multiple * multiple }
    return ImageSize(height: padded(size.height), width: padded(size.width))
  }

  public var description: String {
    let sizes = multiple == 1 ? "any size" : "multiples of \(multiple)"
    return minimum <= multiple ? sizes : "\(sizes) from \(minimum) on"
  }
}
