import SegmentationData
import Yams

/// The value of a parameter in the form in which Optuna keeps it. A text is a value in YAML, such as `sgd`, `512x512`
/// or `[ce, dice]`.
package enum SearchValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case text(String)

  /// The value that a YAML node stands for.
  package init(_ node: Node) {
    self = .text(Self.flow(node))
    guard node.scalar != nil else { return }
    switch node.tag {
    case Tag(.null): self = .null
    case Tag(.bool): if let value = node.bool { self = .bool(value) }
    case Tag(.int): if let value = node.int { self = .integer(value) }
    case Tag(.float): if let value = node.float, value.isFinite { self = .number(value) }
    default: break
    }
  }

  /// The value as YAML on one line.
  package var yaml: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): "\(value)"
    case .number(let value): Self.flow(OptionNode.make(value))
    case .text(let text): text
    }
  }

  /// A node as YAML on one line. It is written as an element of a list, because the writer adds nothing around those.
  static func flow(_ node: Node) -> String {
    let list = (try? serialize(node: Node([flat(node)], .implicit, .flow), width: -1, allowUnicode: true)) ?? "[]"
    let line = list.split(separator: "\n").joined(separator: " ")
    return String(line.dropFirst().dropLast())
  }

  private static func flat(_ node: Node) -> Node {
    switch node {
    case .sequence(let sequence): Node(sequence.map(flat), .implicit, .flow)
    case .mapping(let mapping): Node(mapping.map { (flat($0.key), flat($0.value)) }, .implicit, .flow)
    default: node
    }
  }
}

extension SearchValue: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    }
  }
}
