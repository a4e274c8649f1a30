import Torch

/// The reasons why a network cannot be captured as a graph or a graph cannot run.
public enum GraphError: Error, Equatable, CustomStringConvertible {
  /// The network does not take images of this size.
  case size(ImageSize, rule: String)
  /// A graph has no form for this type of argument.
  case argument(operator: String, argument: String, type: String)
  /// An operator reads a tensor after another one, working in place, has changed the memory that it shares with a
  /// second tensor.
  case alias(operator: String, changedBy: String)
  /// An operator works in place, and there is no operator that does the same without changing its input.
  case inPlace(operator: String)
  /// An operator changes a weight.
  case changesWeight(operator: String, name: String)
  /// An operator reads a tensor that neither the network nor one of its operators made.
  case unknownTensor(operator: String)
  /// The inputs have other shapes than the graph's.
  case inputs(expected: [[Int]], found: [[Int]])

  /// One line that names the operator and says what cannot be captured.
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
