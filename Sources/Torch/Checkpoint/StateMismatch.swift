import Files

/// How a state dictionary differs from what a module needs.
public struct StateMismatch: Error, CustomStringConvertible, Sendable {
  /// A tensor of another shape than the module's.
  public struct Misshapen: Sendable, Equatable {
    /// The tensor's name.
    public let name: String
    /// The shape that the module has.
    public let expected: [Int]
    /// The shape that the state has.
    public let found: [Int]
  }

  /// A tensor of another element type than the module's.
  public struct Mistyped: Sendable, Equatable {
    /// The tensor's name.
    public let name: String
    /// The type that the module has.
    public let expected: DType
    /// The type that the state has.
    public let found: DType
  }

  /// The names that the module has and the state has not.
  public internal(set) var missing: [String] = []
  /// The names that the state has and the module has not.
  public internal(set) var unexpected: [String] = []
  /// Tensors of another shape.
  public internal(set) var misshapen: [Misshapen] = []
  /// Tensors of another element type. They are only looked for if a state has to be taken over exactly.
  public internal(set) var mistyped: [Mistyped] = []

  /// Whether everything fits.
  public var isEmpty: Bool { missing.isEmpty && unexpected.isEmpty && misshapen.isEmpty && mistyped.isEmpty }

  /// The differences in one line; long lists are cut short.
  public var description: String {
    func list(_ names: [String]) -> String {
      names.prefix(4).map { $0.printable(limit: 100) }.joined(separator: ", ")
        + (names.count > 4 ? ", ... (\(names.count) in all)" : "")
    }
    var parts: [String] = []
    if !missing.isEmpty { parts.append("missing: \(list(missing))") }
    if !unexpected.isEmpty { parts.append("unexpected: \(list(unexpected))") }
    if !misshapen.isEmpty {
      let items = misshapen.map { "\($0.name) is \(describe($0.found)), expected \(describe($0.expected))" }
      parts.append("other shape: \(list(items))")
    }
    if !mistyped.isEmpty {
      parts.append("other type: \(list(mistyped.map { "\($0.name) is \($0.found), expected \($0.expected)" }))")
    }
    return "the weights do not fit the network; " + parts.joined(separator: "; ")
  }
}

extension StateDictionary {
  /// How the names, shapes and element types differ from those of `own`.
  package func mismatch(with own: [(name: String, tensor: Tensor)]) -> StateMismatch {
    var mismatch = StateMismatch()
    for (name, tensor) in own {
      guard let source = self[name] else {
        mismatch.missing.append(name)
        continue
      }
      if source.shape != tensor.shape {
        mismatch.misshapen.append(.init(name: name, expected: tensor.shape, found: source.shape))
      } else if source.dtype != tensor.dtype {
        mismatch.mistyped.append(.init(name: name, expected: tensor.dtype, found: source.dtype))
      }
    }
    let names = Set(own.map(\.name))
    mismatch.unexpected = keys.filter { !names.contains($0) }
    return mismatch
  }
}
