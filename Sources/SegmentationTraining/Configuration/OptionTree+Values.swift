import Yams

extension OptionTree {
  /// All values with their dotted keys in the order of declaration, each as a text on one line.
  func values(in path: [String] = []) -> [(key: String, text: String)] {
    switch content {
    case .value(let node): [(path.joined(separator: "."), Self.line(node))]
    case .group(_, value: nil): [(path.joined(separator: "."), "null")]
    case .group(let members, _): members.flatMap { $0.tree.values(in: path + [$0.key]) }
    }
  }

  private static func line(_ node: Node) -> String {
    switch node {
    case .scalar(let scalar): scalar.string.isEmpty ? "\"\"" : scalar.string
    case .sequence(let items): "[\(items.map(line).joined(separator: ", "))]"
    case .mapping(let entries): "{\(entries.map { "\(line($0.key)): \(line($0.value))" }.joined(separator: ", "))}"
    case .alias: "..."
    }
  }
}
