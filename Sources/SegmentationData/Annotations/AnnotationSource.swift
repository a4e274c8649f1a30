/// The annotations that a data set's kind names, such as `coco:street`: a format, a colon, and a path.
struct AnnotationSource {
  let format: AnnotationFormat
  var path: String

  /// - Returns: `nil` for a kind of another form, such as a name or the path of a card.
  init?(_ kind: String) {
    guard let colon = kind.firstIndex(of: ":"), let format = AnnotationFormat(rawValue: kind[..<colon].lowercased())
    else { return nil }
    self.format = format
    path = String(kind[kind.index(after: colon)...])
  }

  /// The kind that names these annotations.
  var kind: String { "\(format.rawValue):\(path)" }
}
