import SegmentationImage

/// The classes of a data set in the order of their training ids, and the way in which masks encode them.
public struct LabelSet: Hashable, Sendable {
  /// The training id of pixels that count neither in losses nor in metrics (255).
  public static let ignored: UInt8 = 255

  /// The classes; the training id of a class is its index.
  public let classes: [ClassInfo]
  /// The values or colors that stand for the classes in mask files.
  public let encoding: LabelEncoding

  /// Creates a set of classes with their encoding in masks.
  public init(classes: [ClassInfo], encoding: LabelEncoding) {
    self.classes = classes
    self.encoding = encoding
  }

  /// The names of the classes in the order of training ids.
  public var names: [String] { classes.map(\.name) }

  /// The color of each class in the order of training ids; ignored pixels are black.
  public var palette: Palette { Palette(classes.map(\.color)) }

  /// The raw mask value of each class, for writing predictions with the data set's own ids. If several values stand for
  /// a class, it is the lowest one. The result is `nil` if masks are in color or a class has no value.
  public var rawValues: [UInt8]? {
    guard case .values(let map) = encoding else { return nil }
    var raw = [UInt8?](repeating: nil, count: classes.count)
    for (value, id) in map.sorted(by: { $0.key > $1.key }) where Int(id) < classes.count { raw[Int(id)] = value }
    return raw.contains(nil) ? nil : raw.map { $0! }
  }
}
