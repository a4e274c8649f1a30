import Files
import SegmentationImage

/// Finds the part of a path that pairs the file with another, by a `NamePattern`, in the path's bytes.
struct NameMatcher {
  private let prefix: [UInt8]
  private let suffix: [UInt8]
  private let expression: PathExpression?
  /// The extensions that match; nil if the suffix has one.
  private let extensions: Set<String>?

  /// - Parameter extensions: The extensions that match if the suffix has none.
  init(_ pattern: NamePattern, extensions: Set<String>) {
    (prefix, suffix) = (FileName.bytes(pattern.prefix), FileName.bytes(pattern.suffix))
    expression = pattern.expression
    self.extensions = pattern.suffixHasExtension && pattern.expression == nil ? nil : extensions
  }

  /// The part of a path that pairs the file with another, such as `street/0001` for `street/0001_L.png`; nil if the name
  /// does not match.
  /// - Throws: `DataError` for a regular expression that takes too many steps.
  func key(of path: UnsafeBufferPointer<UInt8>) throws(DataError) -> [UInt8]? {
    var rest = path[...]
    if let extensions {
      let fileExtension = ImageListing.fileExtension(of: path)
      guard extensions.contains(fileExtension) else { return nil }
      rest = rest.dropLast(fileExtension.utf8.count + 1)
    }
    if let expression { return try expression.key(of: FileName.text(path)).map(FileName.bytes) }
    guard rest.count >= suffix.count, rest.suffix(suffix.count).elementsEqual(suffix) else { return nil }
    rest = rest.dropLast(suffix.count)
    let start = rest.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? rest.startIndex
    let name = rest[start...]
    guard name.count > prefix.count, name.starts(with: prefix) else { return nil }
    return Array(rest[..<start]) + name.dropFirst(prefix.count)
  }

  func key(of path: String) throws(DataError) -> String? {
    let key = try FileName.bytes(path).withUnsafeBufferPointer { bytes throws(DataError) -> [UInt8]? in
      try self.key(of: bytes)
    }
    return key.map { FileName.text($0) }
  }

  func matches(_ path: UnsafeBufferPointer<UInt8>) throws(DataError) -> Bool { try key(of: path) != nil }
}
