import Torch

extension Graph {
  /// What a node's argument can be.
  public enum Argument {
    case none
    case value(ValueID)
    case values([ValueID])
    case int(Int)
    case double(Double)
    case bool(Bool)
    case ints([Int])
    case doubles([Double])
    case string(String)
    case dtype(DType)

    /// The values in it.
    var inputs: [ValueID] {
      switch self {
      case .value(let id): [id]
      case .values(let list): list
      default: []
      }
    }
  }

  /// One operator with its arguments and results.
  public struct Node {
    /// libtorch's name, such as `conv2d`, or one of `NodeKind`.
    public var name: String
    /// Which of libtorch's operators of this name, such as `Tensor`; often empty.
    public var overload: String
    /// In the order of libtorch's schema, with its names.
    public var arguments: [(name: String, value: Argument)]
    public var outputs: [ValueID]
    /// The module whose weights it reads, as in checkpoints; empty where it reads none.
    public var module: String

    public init(
      _ name: String, overload: String = "", _ arguments: [(name: String, value: Argument)], outputs: [ValueID],
      module: String = ""
    ) {
      self.name = name
      self.overload = overload
      self.arguments = arguments
      self.outputs = outputs
      self.module = module
    }

    /// A node of the graph's own kinds.
    public init(
      _ kind: NodeKind, _ arguments: [(name: String, value: Argument)], output: ValueID, module: String = ""
    ) {
      self.init(kind.rawValue, arguments, outputs: [output], module: module)
    }

    /// The kind, `nil` for libtorch's operators.
    public var kind: NodeKind? { NodeKind(rawValue: name) }

    /// The first result.
    public var output: ValueID { outputs[0] }

    /// An argument by its name; setting adds one that is not there.
    public subscript(name: String) -> Argument {
      get { arguments.first { $0.name == name }?.value ?? .none }
      set {
        if let index = arguments.firstIndex(where: { $0.name == name }) {
          arguments[index].value = newValue
        } else {
          arguments.append((name, newValue))
        }
      }
    }

    /// All values that it reads, in the order of the arguments.
    public var inputs: [ValueID] { arguments.flatMap(\.value.inputs) }

    /// Replaces values that it reads.
    mutating func replaceInputs(_ replacement: (ValueID) -> ValueID) {
      for index in arguments.indices {
        switch arguments[index].value {
        case .value(let id): arguments[index].value = .value(replacement(id))
        case .values(let list): arguments[index].value = .values(list.map(replacement))
        default: break
        }
      }
    }
  }
}

// MARK: - Arguments by type

extension Graph.Node {
  public func value(_ name: String) -> Graph.ValueID? {
    if case .value(let id) = self[name] { id } else { nil }
  }

  public func int(_ name: String) -> Int? {
    if case .int(let value) = self[name] { value } else { nil }
  }

  /// A number, whether written as an integer or not.
  public func number(_ name: String) -> Double? {
    switch self[name] {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  public func bool(_ name: String) -> Bool? {
    if case .bool(let value) = self[name] { value } else { nil }
  }

  public func ints(_ name: String) -> [Int]? {
    if case .ints(let list) = self[name] { list } else { nil }
  }

  public func doubles(_ name: String) -> [Double]? {
    if case .doubles(let list) = self[name] { list } else { nil }
  }

  public func string(_ name: String) -> String? {
    if case .string(let text) = self[name] { text } else { nil }
  }

  public func values(_ name: String) -> [Graph.ValueID]? {
    if case .values(let list) = self[name] { list } else { nil }
  }
}
