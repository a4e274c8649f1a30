import Files
import Foundation

/// A data set that is not as it should be: one line that names the file or folder, what was expected and what was found.
public struct DataError: Error, CustomStringConvertible, Equatable, Sendable {
  public let description: String
  /// Whether the data set does not name the split that was asked for, which some ways of training do without.
  package let lacksSplit: Bool

  public init(_ description: String) { self.init(description, lacksSplit: false) }

  package init(_ description: String, lacksSplit: Bool) {
    self.lacksSplit = lacksSplit
    // File names, keys and class names come from others.
    self.description = description.printable(limit: 4000)
  }
}

extension DataError: LocalizedError {
  public var errorDescription: String? { description }
}
