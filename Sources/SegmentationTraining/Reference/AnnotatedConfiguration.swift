import Foundation

/// A configuration file in which a comment above each key says what it means.
///
/// The text is a valid configuration with the default values. The keys of a section that is off by default are comments.
struct AnnotatedConfiguration {
  private let reference: OptionReference
  private let width: Int
  private var opened: Set<String> = []
  private(set) var lines: [String] = []

  init(_ reference: OptionReference, width: Int) {
    self.reference = reference
    self.width = width
  }

  mutating func add(_ entry: OptionEntry) {
    let path = entry.path
    for depth in 1..<path.count { open(path.prefix(depth).joined(separator: ".")) }
    if entry.isSection { return entry.defaultValue == "null" ? open(entry.key) : () }
    let indent = indent(of: entry, depth: path.count - 1)
    if path.count == 1, !lines.isEmpty { lines.append("") }
    comment(entry.meaning, indent)
    if entry.choices.isEmpty {
      comment("Value: \(entry.values).", indent)
    }
    list(entry.choices.map { ($0.value, $0.meaning) }, indent)
    for element in reference.elements where element.list == entry.key {
      comment(element.meaning, indent)
      list(
        element.entries.map { ("\($0.key): \($0.defaultValue)", "\($0.meaning) Value: \($0.values).") }, indent)
    }
    lines.append("\(indent)\(path.last!): \(entry.defaultValue)")
  }

  /// Writes the head of a section before its first key.
  private mutating func open(_ key: String) {
    guard opened.insert(key).inserted, let section = reference[key] else { return }
    let path = section.path
    let indent = indent(of: section, depth: path.count - 1)
    if let last = lines.last, !last.hasSuffix(":") { lines.append("") }
    comment(reference.introductions[key] ?? section.meaning, indent)
    guard section.defaultValue == "null" else { return lines.append("\(indent)\(path.last!):") }
    lines.append("\(indent)\(path.last!): null")
    lines.append("\(indent)# \(path.last!):")
  }

  /// The spaces before a key; inside a section that is off they end with a mark of a comment.
  private func indent(of entry: OptionEntry, depth: Int) -> String {
    func spaces(_ depth: Int) -> String { String(repeating: "  ", count: depth) }
    guard let section = entry.optionalSection else { return spaces(depth) }
    let outer = section.count { $0 == "." }
    return "\(spaces(outer))# \(spaces(depth - outer))"
  }

  private mutating func comment(_ text: String, _ indent: String) {
    for line in text.wrapped(width: width - indent.count - 2) { lines.append("\(indent)# \(line)") }
  }

  /// Writes names and what they mean in two columns.
  private mutating func list(_ items: [(String, String)], _ indent: String) {
    let column = (items.map(\.0.count).max() ?? 0) + 2
    for (name, meaning) in items {
      for (index, line) in meaning.wrapped(width: width - indent.count - 4 - column).enumerated() {
        lines.append(
          "\(indent)#   \((index == 0 ? name : "").padding(toLength: column, withPad: " ", startingAt: 0))\(line)")
      }
    }
  }
}

extension OptionReference {
  /// A configuration file of these keys with their defaults, in which comments say what each means.
  package func annotatedYAML(_ entries: [OptionEntry], width: Int = 100) -> String {
    var text = AnnotatedConfiguration(self, width: width)
    for entry in entries { text.add(entry) }
    return text.lines.joined(separator: "\n") + "\n"
  }
}

extension String {
  /// The text in lines of at most so many characters, broken between words.
  fileprivate func wrapped(width: Int) -> [String] {
    var lines: [String] = []
    for word in split(whereSeparator: \.isWhitespace) {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
