import Torch

/// A network that cannot be captured as a graph, or a graph that cannot run.
public enum GraphError: Error, Equatable, CustomStringConvertible {
  /// The network does not take images of this size.
  case size(ImageSize, rule: String)
  /// An argument that a graph has no form for.
  case argument(operator: String, argument: String, type: String)
  /// A tensor that was read after an operator in place had changed the memory that it shares with another.
  case alias(operator: String, changedBy: String)
  /// An operator that works in place and has no form that does not.
  case inPlace(operator: String)
  /// An operator that changes a weight.
  case changesWeight(operator: String, name: String)
  /// A tensor of unknown origin.
  case unknownTensor(operator: String)
  /// Inputs of other shapes than the graph's.
  case inputs(expected: [[Int]], found: [[Int]])

  public var description: String {
    switch self {
    case .size(let size, let rule):
      "cannot capture the network for \(size) images: it takes \(rule)"
    case .argument(let name, let argument, let type):
      "cannot capture the operator \(name): its argument '\(argument)' is a \(type)"
    case .alias(let name, let changedBy):
      "cannot capture the operator \(name): it reads memory that \(changedBy) changed through another tensor"
    case .inPlace(let name): "cannot capture the operator \(name): it works in place, and there is no other form of it"
    case .changesWeight(let name, let weight): "cannot capture the operator \(name): it changes the weight \(weight)"
    case .unknownTensor(let name):
      "cannot capture the operator \(name): it reads a tensor that no operator of the network made"
    case .inputs(let expected, let found): "the graph takes inputs of the shapes \(expected), found \(found)"
    }
  }
}
