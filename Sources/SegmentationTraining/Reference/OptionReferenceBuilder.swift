import Basics
import Foundation
import Yams

/// Finds the keys of options by reflection and their meanings by the names of their declarations.
struct OptionReferenceBuilder {
  let meanings: [String: String]
  let ranges: [String: String]
  private(set) var introductions: [String: String] = [:]
  private(set) var declarations: Set<String> = []

  init(meanings: [String: String], ranges: [String: String]) {
    self.meanings = meanings
    self.ranges = ranges
  }

  /// The meaning of a declaration; empty if there is none.
  mutating func meaning(of declaration: String) -> String {
    declarations.insert(declaration)
    return meanings[declaration] ?? ""
  }

  /// The keys of an options struct and of all sections in it.
  mutating func entries(
    of tree: OptionTree, at path: [String] = [], optionalSection: String? = nil
  ) -> [OptionEntry] {
    guard case .group(let members, _) = tree.content else { return [] }
    let owner = String(reflecting: Self.unwrapped(tree.type))
    return members.flatMap { member in
      let path = path + [member.key]
      let key = path.joined(separator: ".")
      let meaning = meaning(of: "\(owner).\(member.property)")
      switch member.tree.content {
      case .value(let node):
        return [
          OptionEntry(
            key: key, type: Self.name(of: member.tree.type), defaultValue: Self.line(node), range: ranges[key],
            meaning: meaning,
            choices: choices(of: member.tree.type), isSection: false, optionalSection: optionalSection)
        ]
      case .group(_, let value):
        introductions[key] = self.meaning(of: String(reflecting: Self.unwrapped(member.tree.type)))
        let section = OptionEntry(
          key: key, type: member.tree.isOptional ? "options or null" : "options",
          defaultValue: value == nil ? "null" : "", range: nil, meaning: meaning, choices: [], isSection: true,
          optionalSection: optionalSection)
        return [section] + entries(of: member.tree, at: path, optionalSection: value == nil ? key : optionalSection)
      }
    }
  }

  /// The keys of an element of a list: the properties of a struct that reads its keys itself.
  mutating func entries(ofProperties value: Any, in list: String) -> [OptionEntry] {
    let owner = String(reflecting: Swift.type(of: value))
    return Mirror(reflecting: value).children.compactMap { child in
      guard let property = child.label else { return nil }
      let type = Swift.type(of: child.value)
      let key = OptionKey.snakeCase(property)
      return OptionEntry(
        key: key, type: Self.name(of: type), defaultValue: Self.line(OptionNode.make(child.value)),
        range: ranges["\(list).\(key)"], meaning: meaning(of: "\(owner).\(property)"),
        choices: choices(of: type), isSection: false, optionalSection: nil)
    }
  }

  private static func name(of type: Any.Type) -> String {
    if type is Bool?.Type { return "true, false or null" }
    if let optional = type as? any OptionalValue.Type { return "\(name(of: optional.wrappedType)) or null" }
    if type is [LossTerm].Type { return "a list of losses" }
    if type is [ParameterRule].Type { return "a list of rules" }
    if type is any UnsignedInteger.Type { return "an integer of 0 or more" }
    return OptionNode.expectation(of: type) ?? "a value"
  }

  private mutating func choices(of type: Any.Type) -> [OptionEntry.Choice] {
    let type = Self.unwrapped(type)
    guard let kind = type as? any (CaseIterable & RawRepresentable).Type else { return [] }
    // A type may have cases that no configuration takes, and its name then leaves them out.
    let name = Self.name(of: type)
    return Self.cases(of: kind).filter { name.contains($0.1) }.map { name, value in
      OptionEntry.Choice(value: value, meaning: meaning(of: "\(String(reflecting: type)).\(name)"))
    }
  }

  private static func cases<Kind: CaseIterable & RawRepresentable>(of type: Kind.Type) -> [(String, String)] {
    type.allCases.map { ("\($0)", "\($0.rawValue)") }
  }

  private static func unwrapped(_ type: Any.Type) -> Any.Type {
    (type as? any OptionalValue.Type)?.wrappedType ?? type
  }

  /// A value as YAML on one line.
  private static func line(_ node: Node) -> String {
    // A value alone would be followed by a mark of the document's end.
    let text = try? serialize(node: Node([(Node("value"), node)]), width: -1, allowUnicode: true)
    return (text ?? "").dropFirst("value: ".count).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
