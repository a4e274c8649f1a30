import SegmentationImage

/// The classes of a data set in the order of their training ids, and how its masks tell them.
public struct LabelSet: Hashable, Sendable {
  /// The training id of pixels that count neither in losses nor in metrics.
  public static let ignored: UInt8 = 255

  /// The classes; training ids are their indices.
  public let classes: [ClassInfo]
  /// What mask files hold.
  public let encoding: LabelEncoding

  public init(classes: [ClassInfo], encoding: LabelEncoding) {
    self.classes = classes
    self.encoding = encoding
  }

  public var names: [String] { classes.map(\.name) }

  /// The classes' colors by training id; black for ignored pixels.
  public var palette: Palette { Palette(classes.map(\.color)) }

  /// The raw mask value of each class, for writing predictions in the data set's own ids: the lowest one where several
  /// stand for a class. Nil where masks are told by color or a class has no value.
  public var rawValues: [UInt8]? {
    guard case .values(let map) = encoding else { return nil }
    var raw = [UInt8?](repeating: nil, count: classes.count)
    for (value, id) in map.sorted(by: { $0.key > $1.key }) where Int(id) < classes.count { raw[Int(id)] = value }
    return raw.contains(nil) ? nil : raw.map { $0! }
  }
}
