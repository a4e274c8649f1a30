import Files

/// A network found scores that are infinite or not numbers, so that it labelled nothing.
public struct ScoresNotFinite: Error, CustomStringConvertible, Sendable, Equatable {
  /// Images with such scores, of all that were scored.
  public internal(set) var images: Int
  public internal(set) var total: Int
  public internal(set) var firstFile: String

  public var description: String {
    "the network's scores are not finite for \(images) of \(total) images, the first in \(firstFile.printable())"
  }
}
