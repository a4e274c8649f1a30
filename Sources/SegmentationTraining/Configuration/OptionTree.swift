import Basics
import Yams

/// The value of an options struct as a tree: its properties by name, down to the single values.
///
/// Reflection finds the properties, so properties that are `nil` are known too. A struct that encodes to a single value
/// or a list, such as a size written `512x1024`, counts as a value.
struct OptionTree {
  struct Member {
    let property: String
    let key: String
    var tree: OptionTree
  }

  enum Content {
    /// An options struct; `value` is `nil` if the struct itself is.
    case group([Member], value: Any?)
    case value(Node)
  }

  let type: Any.Type
  private(set) var content: Content
  /// The place where the value was given; `nil` for a default.
  private(set) var location: String?

  init(_ value: Any) {
    type = Swift.type(of: value)
    if let optional = value as? any OptionalValue {
      if let wrapped = optional.wrapped {
        content = OptionTree(wrapped).content
      } else if let group = Swift.type(of: optional).wrappedType as? any OptionSection.Type,
        case .group(let members, _) = OptionTree(group.init()).content
      {
        content = .group(members, value: nil)
      } else {
        content = .value(OptionNode.null)
      }
      return
    }
    let node = OptionNode.make(value)
    let mirror = Mirror(reflecting: value)
    if mirror.displayStyle == .struct, let mapping = node.mapping {
      content = .group(Self.members(of: mirror, encodedAs: mapping), value: value)
    } else {
      content = .value(node)
    }
  }

  private static func members(of mirror: Mirror, encodedAs mapping: Node.Mapping) -> [Member] {
    let members = mirror.children.compactMap { child in
      child.label.map { Member(property: $0, key: OptionKey.snakeCase($0), tree: OptionTree(child.value)) }
    }
    precondition(
      Set(members.map(\.key)).count == members.count
        && Set(mapping.keys.compactMap(\.string)).isSubset(of: members.map(\.property)),
      "\(mirror.subjectType): configuration keys are the names of stored properties, each once")
    return members
  }

  var isOptional: Bool { type is any OptionalValue.Type }

  private static func unwrapped(_ type: Any.Type) -> Any.Type {
    (type as? any OptionalValue.Type)?.wrappedType ?? type
  }

  /// The dotted keys of all groups and values in the tree.
  func keys(in path: [String] = []) -> [String] {
    guard case .group(let members, _) = content else { return [] }
    return members.flatMap { member in
      [(path + [member.key]).joined(separator: ".")] + member.tree.keys(in: path + [member.key])
    }
  }

  /// The tree as YAML, with the names of properties as keys for decoding, or with options' keys for a file.
  func node(by name: KeyPath<Member, String>) -> Node {
    switch content {
    case .value(let node): node
    case .group(_, value: nil): OptionNode.null
    case .group(let members, _): Node(members.map { (Node($0[keyPath: name]), $0.tree.node(by: name)) })
    }
  }

  /// The place where the value at a path of keys was given; `nil` for a default.
  func location(of path: some Collection<String>) -> String? {
    guard let first = path.first, case .group(let members, _) = content else { return location }
    // An element of a list was given at the place of the list.
    let key = first.prefix { $0 != "[" }
    return members.first { $0.key == key }?.tree.location(of: path.dropFirst())
  }

  // MARK: Merging

  /// Replaces values by those in `node`. Keys that are absent in `node` keep their values.
  mutating func merge(_ node: Node, from source: OptionSource, at path: [String] = []) throws(ConfigurationError) {
    location = source.location(node)
    switch content {
    case .group(let members, let value):
      content = try merge(node, into: members, value: value, from: source, at: path)
    case .value(let present):
      var node = node
      if Self.unwrapped(type) is any DictionaryValue.Type, let given = node.mapping {
        node = OptionNode.merge(given, over: present.mapping ?? [:])
      }
      try OptionNode.check(node, as: type, location: source.location(node), key: path.joined(separator: "."))
      content = .value(node)
    }
  }

  private func merge(
    _ node: Node, into members: [Member], value: Any?, from source: OptionSource, at path: [String]
  ) throws(ConfigurationError) -> Content {
    // A section that a file leaves empty says nothing, but null clears an optional section.
    if node.null != nil { return .group(members, value: isOptional ? nil : value) }
    guard let mapping = node.mapping else {
      throw .wrongType(
        location: source.location(node), key: path.joined(separator: "."), expected: "options (keys and values)",
        found: OptionNode.describe(node))
    }
    var members = members
    for (key, child) in mapping {
      let name = key.string ?? OptionNode.describe(key)
      guard let index = members.firstIndex(where: { $0.key == name }) else {
        let full = (path + [name]).joined(separator: ".")
        throw .unknownKey(
          location: source.location(key), key: full, suggestion: OptionKey.nearest(to: full, among: source.keys),
          known: members.map(\.key))
      }
      try members[index].tree.merge(child, from: source, at: path + [name])
    }
    return .group(members, value: value ?? ())
  }
}

/// The source of values, for messages.
struct OptionSource {
  /// The path of the file, or the flag.
  let name: String
  /// Whether values have line numbers that mean something to the user.
  let hasLines: Bool
  /// All existing keys, for suggestions.
  let keys: [String]

  func location(_ node: Node) -> String {
    guard hasLines, let mark = node.mark else { return name }
    return "\(name):\(mark.line)"
  }
}
