/// A key of a Python dictionary.
public enum PickleKey: Hashable, Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
  /// A text.
  case string(String)
  /// A whole number.
  case int(Int)
  /// A key of another type, as text; it cannot be written.
  case other(String)

  /// Makes a key that is text.
  public init(stringLiteral value: String) { self = .string(value) }
  /// Makes a key that is a number.
  public init(integerLiteral value: Int) { self = .int(value) }

  /// The key as text.
  public var text: String {
    switch self {
    case .string(let text), .other(let text): text
    case .int(let value): String(value)
    }
  }
}

/// A Python dictionary: pairs in order, each key once.
public struct PickleDictionary {
  /// The keys with their values, in order.
  public private(set) var pairs: [(key: PickleKey, value: PickleValue)] = []
  private var places: [PickleKey: Int] = [:]
  /// Whether Python has it as `collections.OrderedDict`, as state dictionaries are, and not as `dict`.
  public var isOrderedDict: Bool

  /// Makes a dictionary. If a key comes twice, its last value stands in the place of the first one, as in Python.
  public init(_ pairs: [(key: PickleKey, value: PickleValue)] = [], isOrderedDict: Bool = false) {
    self.isOrderedDict = isOrderedDict
    for (key, value) in pairs { set(key, value) }
  }

  /// The number of pairs.
  public var count: Int { pairs.count }
  /// The keys, in order.
  public var keys: [PickleKey] { pairs.map(\.key) }

  /// The value of a key; `nil` if there is none.
  public subscript(key: PickleKey) -> PickleValue? { places[key].map { pairs[$0].value } }

  /// Sets the value of a key. A new key goes to the end.
  public mutating func set(_ key: PickleKey, _ value: PickleValue) {
    if let place = places[key] {
      pairs[place].value = value
    } else {
      places[key] = pairs.count
      pairs.append((key, value))
    }
  }
}
