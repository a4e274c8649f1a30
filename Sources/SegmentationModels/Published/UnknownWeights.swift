import Basics

/// A name under which no weights are published.
public struct UnknownWeights: Error, CustomStringConvertible, Sendable, Equatable {
  /// One line that names the text and says what to do.
  public let description: String

  init(checkpoint name: String, suggestion: String?) {
    let hint = suggestion.map { "did you mean '\($0)'? " } ?? ""
    description =
      "there is no file '\(name)', and no published checkpoint has this name: \(hint)`rtseg models` lists the networks "
      + "that have one, NETWORK@\(PublishedCheckpoint.dataset)"
  }

  init(_ name: String, of part: PretrainedPart) {
    let names = part.weights.map(\.name.rawValue)
    let nearest = name.nearest(among: ImageNetWeights.allCases.map(\.rawValue))
    let hint = nearest.flatMap { $0 != name && names.contains($0) ? "did you mean '\($0)'? " : nil } ?? ""
    let list = names.isEmpty ? "it has none" : "it has \(names.joined(separator: ", "))"
    description = "there is no file '\(name)', and \(part.name) has no published weights of this name: \(hint)\(list)"
  }
}
