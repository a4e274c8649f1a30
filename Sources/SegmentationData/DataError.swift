import Files
import Foundation

/// An error in a data set: one line that names the file or folder, what was expected and what was found.
public struct DataError: Error, CustomStringConvertible, Equatable, Sendable {
  /// The line.
  public let description: String
  /// Whether the error is that the data set does not name the split that was asked for; some kinds of training do
  /// without it.
  package let lacksSplit: Bool

  /// Creates an error. Control characters in the text are made visible.
  public init(_ description: String) { self.init(description, lacksSplit: false) }

  package init(_ description: String, lacksSplit: Bool) {
    self.lacksSplit = lacksSplit
    // File names, keys and class names come from outside.
    self.description = description.printable(limit: 4000)
  }
}

extension DataError: LocalizedError {
  /// The line.
  public var errorDescription: String? { description }
}
