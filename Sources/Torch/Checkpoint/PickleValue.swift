/// A value in a PyTorch checkpoint: one of Python's plain values, or a tensor.
public enum PickleValue {
  /// Python's `None`.
  case none
  /// `True` or `False`.
  case bool(Bool)
  /// A whole number.
  case int(Int)
  /// A number with a fraction.
  case double(Double)
  /// A text.
  case string(String)
  /// Bytes.
  case bytes([UInt8])
  /// A tensor, on the CPU after reading.
  case tensor(Tensor)
  /// A list or, read only, a set.
  case list([PickleValue])
  /// A tuple.
  case tuple([PickleValue])
  /// A dictionary.
  case dictionary(PickleDictionary)
  /// A value that only Python code could make. That code is never run; the text names the value. It cannot be written.
  case opaque(String)
}

extension PickleValue {
  /// The value of a `True` or `False`; `nil` for anything else.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// The value of a whole number; `nil` for anything else.
  public var int: Int? { if case .int(let value) = self { value } else { nil } }
  /// The text of a string; `nil` for anything else.
  public var string: String? { if case .string(let value) = self { value } else { nil } }
  /// The tensor; `nil` for anything else.
  public var tensor: Tensor? { if case .tensor(let value) = self { value } else { nil } }
  /// The dictionary; `nil` for anything else.
  public var dictionary: PickleDictionary? { if case .dictionary(let value) = self { value } else { nil } }

  /// A number, with or without a fraction, or the only element of a tensor: checkpoints hold scores in all three ways.
  public var double: Double? {
    switch self {
    case .double(let value): value
    case .int(let value): Double(value)
    case .tensor(let tensor) where tensor.count == 1: tensor.item
    default: nil
    }
  }

  /// The elements of a list or a tuple.
  public var elements: [PickleValue]? {
    switch self {
    case .list(let values), .tuple(let values): values
    default: nil
    }
  }

  /// The value of a key; `nil` if there is none, or if this is not a dictionary.
  public subscript(key: PickleKey) -> PickleValue? { dictionary?[key] }

  /// The kind of value, for errors.
  package var kind: String {
    switch self {
    case .none: "None"
    case .bool, .int, .double: "a number"
    case .string: "text"
    case .bytes: "bytes"
    case .tensor: "a tensor"
    case .list: "a list"
    case .tuple: "a tuple"
    case .dictionary: "a dictionary"
    case .opaque(let what): what
    }
  }
}

extension PickleValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral {
  /// Makes `None`.
  public init(nilLiteral: ()) { self = .none }
  /// Makes `True` or `False`.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// Makes a whole number.
  public init(integerLiteral value: Int) { self = .int(value) }
}

extension PickleValue: ExpressibleByFloatLiteral, ExpressibleByStringLiteral {
  /// Makes a number.
  public init(floatLiteral value: Double) { self = .double(value) }
  /// Makes a string.
  public init(stringLiteral value: String) { self = .string(value) }
}

extension PickleValue: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
  /// Makes a list.
  public init(arrayLiteral elements: PickleValue...) { self = .list(elements) }
  /// Makes a dictionary (`dict`).
  public init(dictionaryLiteral elements: (PickleKey, PickleValue)...) {
    self = .dictionary(PickleDictionary(elements.map { (key: $0, value: $1) }))
  }

  /// Makes a dictionary of the tensors of a network, as PyTorch's `state_dict` is one.
  public init(_ state: StateDictionary) {
    let pairs = state.entries.map { (key: PickleKey.string($0.name), value: PickleValue.tensor($0.tensor)) }
    self = .dictionary(PickleDictionary(pairs, isOrderedDict: true))
  }
}
