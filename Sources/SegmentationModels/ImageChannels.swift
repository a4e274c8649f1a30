/// The number of channels of the images that a network takes, while it is made.
///
/// The first layers of networks are made for this number. It is 3 unless `with(_:_:)` says otherwise:
///
/// ```swift
/// let network = try ImageChannels.with(5) { FastSCNN(classes: 2) }
/// ```
public enum ImageChannels {
  @TaskLocal private static var current = 3

  /// The number of channels that networks are made for now.
  public static var count: Int { current }

  /// Makes networks for images of `count` channels within `body`.
  public static func with<Result>(_ count: Int, _ body: () throws -> Result) rethrows -> Result {
    try $current.withValue(count) { try body() }
  }
}
