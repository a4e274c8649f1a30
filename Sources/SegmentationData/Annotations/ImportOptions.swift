/// How annotations become masks.
public struct ImportOptions: Sendable {
  /// The meaning of pixels that no shape covers.
  public enum Background: Sendable, Equatable {
    /// The format's own: a class "background", or ignored pixels in Cityscapes' polygons.
    case usual
    /// They count neither in losses nor in scores.
    case ignored
    /// They are of this class, which is added if the annotations do not have it.
    case `class`(String)
  }

  /// The meaning of pixels that no shape covers.
  public var background = Background.usual
  /// The classes in the order of their numbers; nil to take those of the annotations. Shapes with other labels are left
  /// out and counted.
  public var classes: [String]?
  /// The split of images for which the format does not say it.
  public var split = Split.train
  /// Whether files are read that annotations name outside of their own folder, also those that links in it lead to.
  public var allowsOutside = false

  /// The usual options.
  public init() {}

  /// The folder that files must lie in; nil if they may lie anywhere.
  func bounds(_ folder: String) -> String? { allowsOutside ? nil : folder }
}
