import Foundation

/// A regular expression for files' paths below a folder, such as `(.*)/rgb/(\d+)\.png`. The text that its groups match
/// pairs an image with its mask.
public struct PathExpression: Hashable, Sendable {
  private static let lengthLimit = 1000
  /// The most reports of progress while one path is matched. The matcher gives one after some ten thousand steps; most paths
  /// match in a few hundred steps. With repetitions within repetitions, such as `(a+)+`, the steps double with each letter.
  private static let reportLimit = 100

  /// The expression as it is written, in ICU's syntax.
  public let text: String
  private let expression: NSRegularExpression

  /// Compiles an expression.
  /// - Throws: `DataError` with the reason for an expression that is not valid, too long, or has no group.
  public init(_ text: String) throws(DataError) {
    guard text.utf8.count <= Self.lengthLimit else {
      throw DataError("a regular expression has at most \(Self.lengthLimit) characters, found \(text.utf8.count)")
    }
    self.text = text
    do { expression = try NSRegularExpression(pattern: "(?:\(text))\\z") } catch {
      throw DataError("'\(text)' is not a valid regular expression")
    }
    guard expression.numberOfCaptureGroups > 0 else {
      throw DataError("'\(text)' needs a group in round brackets, whose text images and masks share, such as (.*)")
    }
  }

  /// The text of all groups, joined by `/`; `nil` for a path that does not match as a whole.
  /// - Throws: `DataError` if it takes too many steps to tell.
  func key(of path: String) throws(DataError) -> String? {
    let whole = NSRange(path.startIndex..., in: path)
    var match: NSTextCheckingResult?
    var reports = 0
    expression.enumerateMatches(in: path, options: [.anchored, .reportProgress], range: whole) { found, _, stop in
      match = match ?? found
      reports += 1
      if found != nil || reports > Self.reportLimit { stop.pointee = true }
    }
    guard match != nil || reports <= Self.reportLimit else {
      throw DataError(
        "the regular expression '\(text)' takes too long on \(path.printable(limit: 200)): write it without repetitions "
          + "within repetitions, such as (a+)+, and with fewer of .*")
    }
    guard let match else { return nil }
    return (1..<match.numberOfRanges).map { group in
      Range(match.range(at: group), in: path).map { String(path[$0]) } ?? ""
    }.joined(separator: "/")
  }
}
