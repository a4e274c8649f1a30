import CTorch

/// An argument of one of libtorch's operators.
///
/// `Value` stands for tensors: `Tensor` itself in a call, the name of a value in a graph.
public enum OperatorArgument<Value> {
  /// An optional argument that is absent.
  case none
  /// A tensor.
  case tensor(Value)
  /// A list, in which tensors may be undefined.
  case tensors([Value?])
  /// A whole number.
  case int(Int)
  /// A number with a fraction.
  case double(Double)
  /// A truth value.
  case bool(Bool)
  /// Whole numbers, such as a shape.
  case ints([Int])
  /// Numbers, such as factors of a size.
  case doubles([Double])
  /// A text, such as the name of a mode.
  case string(String)
  /// An element type.
  case dtype(DType)
  /// A value of another type, which is named; it cannot be passed to an operator.
  case other(String)

  /// The same argument with other values in place of its tensors.
  public func map<Other, Failure: Error>(
    _ transform: (Value) throws(Failure) -> Other
  ) throws(Failure) -> OperatorArgument<Other> {
    switch self {
    case .none: return .none
    case .tensor(let value): return .tensor(try transform(value))
    case .tensors(let list):
      var results: [Other?] = []
      for value in list {
        if let value { results.append(try transform(value)) } else { results.append(nil) }
      }
      return .tensors(results)
    case .int(let value): return .int(value)
    case .double(let value): return .double(value)
    case .bool(let value): return .bool(value)
    case .ints(let list): return .ints(list)
    case .doubles(let list): return .doubles(list)
    case .string(let text): return .string(text)
    case .dtype(let dtype): return .dtype(dtype)
    case .other(let type): return .other(type)
    }
  }

  /// Tensors in it; `nil` for an absent one.
  var tensors: [Value?] {
    switch self {
    case .tensor(let tensor): [tensor]
    case .tensors(let list): list
    case .none: [nil]
    default: []
    }
  }
}

extension OperatorArgument<Tensor> {
  init(_ argument: ct_argument) {
    func list<Element>(_ start: UnsafePointer<Element>?) -> [Element] {
      Array(UnsafeBufferPointer(start: start, count: argument.count))
    }
    switch argument.kind {
    case ct_kind_tensor: self = .tensor(.make { ct_retain(argument.tensor, $0) })
    case ct_kind_tensors: self = .tensors(list(argument.tensors).map(retained))
    case ct_kind_int: self = .int(argument.integer)
    case ct_kind_double: self = .double(argument.number)
    case ct_kind_bool: self = .bool(argument.integer != 0)
    case ct_kind_ints: self = .ints(list(argument.ints))
    case ct_kind_doubles: self = .doubles(list(argument.doubles))
    case ct_kind_string: self = .string(String(cString: argument.text))
    case ct_kind_dtype:
      let dtype = DType(rawValue: ct_dtype(argument.integer))
      self = dtype.map(Self.dtype) ?? .other("element type \(argument.integer)")
    case ct_kind_other: self = .other(String(cString: argument.text))
    default: self = .none
    }
  }
}

func retained(_ handle: ct_tensor?) -> Tensor? { handle.map { borrowed in .make { ct_retain(borrowed, $0) } } }

/// Runs an operator of libtorch by its name, such as `conv2d`, or `add` with the overload `Tensor`.
///
/// Arguments are those of the operator's schema, in order; those left out at the end take their defaults. Lists of
/// results are flattened.
public func callOperator(
  _ name: String, overload: String = "", _ arguments: [OperatorArgument<Tensor>]
) -> [Tensor] {
  var results = [ct_tensor?](repeating: nil, count: 64)
  var count = 0
  withRawArguments(arguments) { raw in
    check(ct_call_operator(name, overload, raw, raw.count, &results, results.count, &count))
  }
  return results[..<count].map(Tensor.init(owning:))
}

/// Whether libtorch has an operator of this name and overload.
public func hasOperator(_ name: String, overload: String = "") -> Bool {
  var out = false
  check(ct_has_operator(name, overload, &out))
  return out
}

/// Calls `body` with the arguments as the C layer takes them.
private func withRawArguments(_ arguments: [OperatorArgument<Tensor>], _ body: ([ct_argument]) -> Void) {
  var release: [() -> Void] = []
  func copy<Element>(_ elements: some Collection<Element>) -> UnsafePointer<Element> {
    let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: max(elements.count, 1))
    _ = buffer.initialize(from: elements)
    release.append { buffer.deallocate() }
    return UnsafePointer(buffer.baseAddress!)
  }
  let raw = arguments.map { argument in
    var raw = ct_argument()
    raw.kind = ct_kind_none
    switch argument {
    case .none: break
    case .tensor(let tensor):
      raw.kind = ct_kind_tensor
      raw.tensor = tensor.handle
    case .tensors(let list):
      raw.kind = ct_kind_tensors
      raw.tensors = copy(list.map { $0?.handle })
      raw.count = list.count
    case .int(let value):
      raw.kind = ct_kind_int
      raw.integer = value
    case .double(let value):
      raw.kind = ct_kind_double
      raw.number = value
    case .bool(let value):
      raw.kind = ct_kind_bool
      raw.integer = value ? 1 : 0
    case .ints(let list):
      raw.kind = ct_kind_ints
      raw.ints = copy(list)
      raw.count = list.count
    case .doubles(let list):
      raw.kind = ct_kind_doubles
      raw.doubles = copy(list)
      raw.count = list.count
    case .string(let text):
      raw.kind = ct_kind_string
      raw.text = copy(text.utf8CString)
    case .dtype(let dtype):
      raw.kind = ct_kind_dtype
      raw.integer = Int(dtype.rawValue)
    case .other: raw.kind = ct_kind_other
    }
    return raw
  }
  withExtendedLifetime(arguments) { body(raw) }
  for release in release { release() }
}
