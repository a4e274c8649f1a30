import Torch

/// A checkpoint that gives no network, with the reason in one line.
public enum NetworkCheckpointError: Error, CustomStringConvertible, Equatable, Sendable {
  /// The file does not say which network its weights belong to, and the caller did not name one.
  case unnamed(file: String)
  /// The weights are of another number of classes.
  case classes(file: String, found: Int, expected: Int)
  /// The network has a single score for two classes, and another number of classes was asked for.
  case singleScore(file: String, expected: Int)
  /// The weights are not those of the network.
  case weights(file: String, reason: String)
  /// The file describes a network that cannot be.
  case damaged(file: String, reason: String)

  /// Tells weights of another number of classes from those of another network.
  package init(_ mismatch: StateMismatch, file: String, network: String, classes: Int) {
    if let found = mismatch.classes(insteadOf: classes) {
      self = .classes(file: file, found: found, expected: classes)
    } else {
      self = .weights(file: file, reason: "\(mismatch) (\(network), \(classes) classes)")
    }
  }

  /// The error in one line.
  public var description: String {
    switch self {
    case .unnamed(let file): "\(file): it does not say which network it is of; name the network"
    case .classes(let file, let found, let expected):
      "\(file): its weights are of \(found) classes and the network was made for \(expected)"
    case .singleScore(let file, let expected):
      "\(file): its network tells two classes apart by a single score, but \(expected) are asked for"
    case .weights(let file, let reason): "\(file): \(reason)"
    case .damaged(let file, let reason): "\(file): \(reason)"
    }
  }
}
