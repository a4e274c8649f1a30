import Basics
import Files
import Foundation
import SegmentationData
import SegmentationImage
import Torch
import Yams

/// Converts option values to YAML and back.
enum OptionNode {
  static var null: Node { Node("null", .implicit, .plain) }

  /// The YAML of a value. Numbers have all the digits that are needed to read them back exactly.
  static func make(_ value: Any) -> Node {
    switch value {
    case let value as any OptionalValue: value.wrapped.map(make) ?? null
    case let value as Bool: Node(value ? "true" : "false")
    case let value as String: text(value)
    case let value as any BinaryInteger: Node("\(value)")
    case let value as any BinaryFloatingPoint: Node(number("\(value)"))
    case let value as any RawRepresentable: make(value.rawValue)
    case let value as [Any]: Node(value.map(make), .implicit, .flow)
    case let value as [String: Any]:
      Node(value.sorted { $0.key < $1.key }.map { (text($0.key), make($0.value)) })
    case let value as any Encodable: encode(value)
    default: preconditionFailure("\(Swift.type(of: value)) is not Encodable and cannot be an option")
    }
  }

  private static func encode(_ value: any Encodable) -> Node {
    do {
      let node = try compose(yaml: YAMLEncoder().encode(value)) ?? null
      let numbers = try? JSONDecoder().decode(ExactNumbers.self, from: JSONEncoder().encode(value))
      return plainNumbers(in: node, numbers ?? .none)
    } catch {
      preconditionFailure("\(Swift.type(of: value)) cannot be an option: \(error)")
    }
  }

  /// The numbers in a value. YAML's encoder writes only 15 digits of a number; JSON's writes as many as reading it back
  /// needs.
  private indirect enum ExactNumbers: Decodable {
    case number(Double)
    case list([ExactNumbers])
    case keyed([String: ExactNumbers])
    case none

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let number = try? value.decode(Double.self) {
        self = .number(number)
      } else if let list = try? value.decode([ExactNumbers].self) {
        self = .list(list)
      } else if let keyed = try? value.decode([String: ExactNumbers].self) {
        self = .keyed(keyed)
      } else {
        self = .none
      }
    }

    subscript(_ index: Int) -> ExactNumbers {
      if case .list(let list) = self, list.indices.contains(index) { list[index] } else { .none }
    }

    subscript(_ key: String?) -> ExactNumbers {
      if case .keyed(let keyed) = self, let key, let value = keyed[key] { value } else { .none }
    }
  }

  /// Respells numbers, because the encoder writes `5e-1`, which some readers do not take for a number.
  private static func plainNumbers(in node: Node, _ exact: ExactNumbers) -> Node {
    switch node {
    case .scalar(let scalar) where node.tag == Tag(.float):
      if case .number(let number) = exact { return Node(Self.number("\(number)")) }
      return Double(scalar.string).map { Node(number("\($0)")) } ?? node
    case .sequence(let sequence):
      return Node(sequence.enumerated().map { plainNumbers(in: $1, exact[$0]) }, .implicit, .flow)
    case .mapping(let mapping):
      return Node(mapping.map { ($0.key, plainNumbers(in: $0.value, exact[$0.key.string])) })
    default:
      return node
    }
  }

  /// A text, in quotes if it would be read as something else without them.
  private static func text(_ string: String) -> Node {
    let plain = Node(string, .implicit, .plain)
    return plain.tag == Tag(.str) ? Node(string) : Node(string, .implicit, .singleQuoted)
  }

  /// A floating-point number in YAML's spelling. Some readers need a point before an exponent.
  private static func number(_ description: String) -> String {
    switch description {
    case "inf": ".inf"
    case "-inf": "-.inf"
    case "nan", "-nan": ".nan"
    case _ where !description.contains("."): description.replacingOccurrences(of: "e", with: ".0e")
    default: description
    }
  }

  /// The entries of both mappings; given ones replace present ones.
  static func merge(_ given: Node.Mapping, over present: Node.Mapping) -> Node {
    let kept = present.filter { entry in !given.contains { $0.key.string == entry.key.string } }
    // Yams finds an entry by a plain key, but not by a quoted one.
    let pairs = (kept + Array(given)).map { ($0.key.string.map { Node($0) } ?? $0.key, $0.value) }
    return .mapping(.init(pairs, .implicit, .any, given.mark))
  }

  /// Makes sure that a node can be decoded as a type.
  /// - Throws: `ConfigurationError.wrongType` if it cannot, `.invalid` for an element of a list that its options
  ///   refuse.
  static func check(
    _ node: Node, as type: Any.Type, location: String, key: String
  ) throws(ConfigurationError) {
    guard let decodable = type as? any Decodable.Type else {
      preconditionFailure("\(type) is not Decodable and cannot be an option")
    }
    func decode<Value: Decodable>(_: Value.Type) throws { _ = try YAMLDecoder().decode(Value.self, from: node) }
    if isNumeric(type), containsAmbiguousNumber(node) {
      throw .wrongType(
        location: location, key: key, expected: "\(expectation(of: type) ?? "numbers"), \(NumberSpelling.rule)",
        found: describe(node))
    }
    var reason: String?
    do {
      // Yams reads a missing value as the text "null" or "".
      let isWhole = !(type is ClosedRange<Double>.Type) || node.sequence?.count == 2
      if isWhole, type is any OptionalValue.Type || node.null == nil { return try decode(decodable) }
    } catch let error as InvalidOption {
      // The error is about an element of the list and its key, such as `[1].label_smoothing`.
      throw .invalid(location: location, key: key + OptionKey.snakeCase(error.name), reason: error.reason)
    } catch DecodingError.dataCorrupted(let context) {
      reason =
        type is any ArrayValue.Type ? "a list, each element \(context.debugDescription)" : context.debugDescription
    } catch {}
    throw .wrongType(
      location: location, key: key, expected: expectation(of: type) ?? reason ?? "another kind of value",
      found: describe(node))
  }

  /// Whether a type's values may be numbers or contain them. A text that looks like a number stays a text.
  private static func isNumeric(_ type: Any.Type) -> Bool {
    switch type {
    case let type as any OptionalValue.Type: isNumeric(type.wrappedType)
    case let type as any DictionaryValue.Type: isNumeric(type.valueType)
    case let type as any ArrayValue.Type: isNumeric(type.elementType)
    case is String.Type, is any RawRepresentable.Type: false
    default: true
    }
  }

  private static func containsAmbiguousNumber(_ node: Node) -> Bool {
    switch node {
    case .scalar(let scalar): NumberSpelling.isAmbiguous(scalar)
    case .sequence(let sequence): sequence.contains(where: containsAmbiguousNumber)
    case .mapping(let mapping): mapping.contains { containsAmbiguousNumber($0.value) }
    case .alias: false
    }
  }

  /// The words for a type's values in messages; `nil` for a type that has a spelling of its own.
  static func expectation(of type: Any.Type) -> String? {
    switch type {
    case is LossTerm.Type: "the name of a loss or its options, such as dice or {loss: dice, smooth: 1}"
    case is ClassWeighting.Type: ClassWeighting.expectation
    case let type as any OptionalValue.Type: expectation(of: type.wrappedType).map { "\($0) or null" }
    case is Bool.Type: "true or false"
    case is String.Type, is ParameterPattern.Type: "text"
    case is Precision.Type: "one of float32 (or off), bfloat16, float16"
    case is ImageSize.Type: "a size such as 512x1024 or [512, 1024], height first"
    case is ClosedRange<Double>.Type: "two numbers, [low, high]"
    case is any BinaryInteger.Type: "an integer"
    case is any BinaryFloatingPoint.Type: "a number"
    case let type as any (CaseIterable & RawRepresentable).Type: "one of \(spellings(of: type))"
    case let type as any DictionaryValue.Type: "names, each with \(expectation(of: type.valueType) ?? "a value")"
    case let type as any ArrayValue.Type: expectation(of: type.elementType).map { "a list, each element \($0)" }
    default: nil
    }
  }

  private static func spellings<Kind: CaseIterable & RawRepresentable>(of type: Kind.Type) -> String {
    type.allCases.map { "\($0.rawValue)" }.joined(separator: ", ")
  }

  /// A node on one line, for messages.
  static func describe(_ node: Node) -> String {
    let text =
      switch node {
      case .scalar(let scalar): node.null != nil ? "nothing" : "'\(scalar.string)'"
      case .sequence(let sequence): "[" + sequence.map(describe).joined(separator: ", ") + "]"
      case .mapping(let mapping):
        "{" + mapping.map { "\($0.key.string ?? "?"): \(describe($0.value))" }.joined(separator: ", ") + "}"
      case .alias: "an alias"
      }
    return text.replacingOccurrences(of: "\n", with: " ").printable(limit: 60)
  }
}

// MARK: Types seen through reflection

protocol OptionalValue {
  static var wrappedType: Any.Type { get }
  var wrapped: Any? { get }
}

extension Optional: OptionalValue {
  static var wrappedType: Any.Type { Wrapped.self }
  var wrapped: Any? { self }
}

protocol DictionaryValue {
  static var valueType: Any.Type { get }
}

extension Dictionary: DictionaryValue where Key == String {
  static var valueType: Any.Type { Value.self }
}

protocol ArrayValue {
  static var elementType: Any.Type { get }
}

extension Array: ArrayValue {
  static var elementType: Any.Type { Element.self }
}
