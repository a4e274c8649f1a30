import Torch

extension Graph {
  /// A call of one of libtorch's operators.
  package struct LibtorchCall: OperatorPayload {
    /// The operator's name, such as `conv2d`.
    package var name: String
    /// The overload, which tells operators of one name apart, such as `Tensor`; often empty.
    package var overload = ""
    /// The arguments with libtorch's names, in the order of libtorch's schema.
    package var arguments: [(name: String, value: OperatorArgument<ValueID>)]

    package init(
      name: String, overload: String = "", arguments: [(name: String, value: OperatorArgument<ValueID>)]
    ) {
      (self.name, self.overload, self.arguments) = (name, overload, arguments)
    }

    mutating func visit(_ body: (inout ValueID) -> Void) {
      for index in arguments.indices {
        arguments[index].value = arguments[index].value.map { id in
          var id = id
          body(&id)
          return id
        }
      }
    }

    /// The values that the call reads, in order.
    package var inputs: [ValueID] { Operator.libtorch(self).inputs }
  }
}

// Captured calls are read by libtorch's names of arguments, when they are turned into operators of the graph.
extension Graph.LibtorchCall {
  /// The argument with a name.
  subscript(_ name: String) -> OperatorArgument<Graph.ValueID> {
    arguments.first { $0.name == name }?.value ?? .none
  }

  /// The value that an argument refers to; `nil` if it is something else.
  func value(_ name: String) -> Graph.ValueID? { if case .tensor(let id) = self[name] { id } else { nil } }

  /// The values that an argument refers to; `nil` if it is no such list.
  func values(_ name: String) -> [Graph.ValueID]? {
    if case .tensors(let list) = self[name] { list.compactMap { $0 } } else { nil }
  }

  /// An integer argument; `nil` if it is something else.
  func int(_ name: String) -> Int? { if case .int(let value) = self[name] { value } else { nil } }

  /// A number, whether it is written as an integer or not; `nil` if the argument is something else.
  func number(_ name: String) -> Double? {
    switch self[name] {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// A true-or-false argument; `nil` if it is something else.
  func bool(_ name: String) -> Bool? { if case .bool(let value) = self[name] { value } else { nil } }

  /// A list of integers; `nil` if the argument is something else.
  func ints(_ name: String) -> [Int]? { if case .ints(let list) = self[name] { list } else { nil } }

  /// A list of numbers; `nil` if the argument is something else.
  func doubles(_ name: String) -> [Double]? { if case .doubles(let list) = self[name] { list } else { nil } }

  /// A text; `nil` if the argument is something else.
  func string(_ name: String) -> String? { if case .string(let text) = self[name] { text } else { nil } }

  /// A height and a width, which libtorch also takes as one number or as none; `nil` if the argument is something else.
  func pair(_ name: String, or standard: IntPair) -> IntPair {
    guard let list = ints(name), let first = list.first else { return standard }
    return IntPair(first, list[list.count - 1])
  }

  /// An axis, counted from 0.
  func axis(_ name: String, rank: Int) -> Int {
    let axis = int(name) ?? 0
    return axis < 0 ? axis + rank : axis
  }
}
