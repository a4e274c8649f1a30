import SegmentationImage

/// The classes of a data set in the order of their training ids, and the way in which masks encode them.
public struct LabelSet: Hashable, Sendable {
  /// The training id of pixels that count neither in losses nor in metrics (255).
  public static let ignored: UInt8 = 255

  /// The classes; the training id of a class is its index.
  public let classes: [ClassInfo]
  /// The values or colors that stand for the classes in mask files.
  public let encoding: LabelEncoding
  /// The greatest difference of a raw value, or of a channel of a color, from the listed one that it is taken for. With
  /// 0 values must be listed. With more than 0 masks may be JPEG files, whose compression changes values.
  public let tolerance: Int

  /// Creates a set of classes with their encoding in masks.
  public init(classes: [ClassInfo], encoding: LabelEncoding, tolerance: Int = 0) {
    self.classes = classes
    self.encoding = encoding
    self.tolerance = tolerance
  }

  /// The names of the classes in the order of training ids.
  public var names: [String] { classes.map(\.name) }

  /// The color of each class in the order of training ids; ignored pixels are black.
  public var palette: Palette { Palette(classes.map(\.color)) }

  /// The raw mask value of each class, for writing predictions with the data set's own ids. If several values stand for
  /// a class, it is the lowest one. The result is `nil` if masks are in color or a class has no value up to 255.
  public var rawValues: [UInt8]? {
    guard case .values(let map) = encoding else { return nil }
    var raw = [UInt8?](repeating: nil, count: classes.count)
    for (value, id) in map.sorted(by: { $0.key > $1.key }) where value <= 255 && Int(id) < classes.count {
      raw[Int(id)] = UInt8(value)
    }
    return raw.contains(nil) ? nil : raw.map { $0! }
  }
}
