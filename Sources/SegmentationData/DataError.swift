import Files
import Foundation

/// A data set that is not as it should be: one line that names the file or folder, what was expected and what was found.
public struct DataError: Error, CustomStringConvertible, Equatable, Sendable {
  public let description: String

  public init(_ description: String) {
    // File names, keys and class names come from others.
    self.description = description.printable(limit: 4000)
  }
}

extension DataError: LocalizedError {
  public var errorDescription: String? { description }
}
