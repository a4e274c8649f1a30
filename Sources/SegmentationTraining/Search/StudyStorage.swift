import Files
import Foundation

/// The place where studies are kept: the address of a database in SQLAlchemy's notation.
package struct StudyStorage: Sendable, Equatable {
  package let address: String

  /// - Parameter text: An address such as `sqlite:///study.db` or `postgresql://user@host/name`, or the path of a file
  ///   for SQLite.
  package init(_ text: String) {
    address = text.contains("://") ? text : "sqlite:///\(text)"
  }

  /// The file of an SQLite database; `nil` for other databases.
  package var file: String? {
    guard address.hasPrefix("sqlite:///") else { return nil }
    return String(address.dropFirst(10).prefix { $0 != "?" })
  }

  /// The address without a password, for messages.
  package var shown: String {
    let parts = address.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let scheme = parts[0].range(of: "://") else { return address }
    let user = parts[0][scheme.upperBound...].prefix { $0 != ":" }
    return "\(parts[0][..<scheme.upperBound])\(user)@\(parts[1])"
  }
}
