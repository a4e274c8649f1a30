import Torch

extension Graph {
  /// The values that an argument of a node can have.
  public enum Argument {
    /// The argument is absent.
    case none
    /// The argument is another value of the graph.
    case value(ValueID)
    /// The argument is a list of values of the graph.
    case values([ValueID])
    /// The argument is an integer.
    case int(Int)
    /// The argument is a floating-point number.
    case double(Double)
    /// The argument is true or false.
    case bool(Bool)
    /// The argument is a list of integers, such as a stride.
    case ints([Int])
    /// The argument is a list of floating-point numbers.
    case doubles([Double])
    /// The argument is a text, such as a mode.
    case string(String)
    /// The argument is an element type.
    case dtype(DType)

    /// The values of the graph that the argument refers to.
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
    /// The name of one of libtorch's operators, such as `conv2d`, or of a `NodeKind`.
    public var name: String
    /// The overload, which tells libtorch's operators of one name apart, such as `Tensor`; often empty.
    public var overload: String
    /// The arguments with libtorch's names, in the order of libtorch's schema.
    public var arguments: [(name: String, value: Argument)]
    /// The results.
    public var outputs: [ValueID]
    /// The module whose weights the node reads, by its name in checkpoints; empty if it reads none.
    public var module: String

    /// Creates a node of any kind from its operator's name.
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

    /// Creates a node that has a `NodeKind`.
    public init(
      _ kind: NodeKind, _ arguments: [(name: String, value: Argument)], output: ValueID, module: String = ""
    ) {
      self.init(kind.rawValue, arguments, outputs: [output], module: module)
    }

    /// The node's kind; `nil` if it is one of libtorch's operators.
    public var kind: NodeKind? { NodeKind(rawValue: name) }

    /// The first result.
    public var output: ValueID { outputs[0] }

    /// An argument by its name, `.none` if it is absent. Setting adds an argument that is absent.
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

    /// All values that the node reads, in the order of the arguments.
    public var inputs: [ValueID] { arguments.flatMap(\.value.inputs) }

    /// Replaces the values that the node reads.
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
  /// The value that an argument refers to; `nil` if it is not a single value.
  public func value(_ name: String) -> Graph.ValueID? {
    if case .value(let id) = self[name] { id } else { nil }
  }

  /// An integer argument; `nil` if it is something else.
  public func int(_ name: String) -> Int? {
    if case .int(let value) = self[name] { value } else { nil }
  }

  /// A number, whether it is written as an integer or not; `nil` if the argument is something else.
  public func number(_ name: String) -> Double? {
    switch self[name] {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// A true-or-false argument; `nil` if it is something else.
  public func bool(_ name: String) -> Bool? {
    if case .bool(let value) = self[name] { value } else { nil }
  }

  /// A list of integers; `nil` if the argument is something else.
  public func ints(_ name: String) -> [Int]? {
    if case .ints(let list) = self[name] { list } else { nil }
  }

  /// A list of floating-point numbers; `nil` if the argument is something else.
  public func doubles(_ name: String) -> [Double]? {
    if case .doubles(let list) = self[name] { list } else { nil }
  }

  /// A text; `nil` if the argument is something else.
  public func string(_ name: String) -> String? {
    if case .string(let text) = self[name] { text } else { nil }
  }

  /// The list of values that an argument refers to; `nil` if it is no such list.
  public func values(_ name: String) -> [Graph.ValueID]? {
    if case .values(let list) = self[name] { list } else { nil }
  }
}
