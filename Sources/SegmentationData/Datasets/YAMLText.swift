import Files
import Foundation
import Yams

/// A mistake in a YAML text, and its line if it is known.
package struct YAMLProblem: Error, Equatable {
  package let line: Int?
  package let reason: String

  package init(line: Int?, reason: String) {
    self.line = line
    self.reason = reason
  }
}

/// Reads YAML that people write (cards and configurations), and refuses what they cannot mean.
///
/// The text may come from anywhere, so its size, its nesting and the size of its aliases are limited before anything is
/// parsed.
package enum YAMLText {
  /// The size of the largest text in bytes.
  package static let sizeLimit = 1 << 18
  private static let nestingLimit = 32
  private static let nodeLimit = 100_000
  private static let bracketLimit = 2000
  private static let indentLimit = 200
  private static let aliasLimit = 8

  /// The only document in a text; `nil` if the text is empty.
  /// - Throws: `YAMLProblem` with the first mistake.
  package static func node(of yaml: String) throws(YAMLProblem) -> Node? {
    try refuseExcess(yaml)
    let node: Node?
    do { node = try compose(yaml: yaml) } catch { throw problem(error, in: yaml) }
    if let node { try inspect(node) }
    return node
  }

  /// A text as a card spells it: without quotes if every reader takes it for a text then, or else in single quotes.
  package static func spelling(of text: String) -> String {
    let isPlain =
      text.wholeMatch(of: /[A-Za-z0-9_.\/][A-Za-z0-9_.\/-]*/) != nil && Double(text) == nil
      && !NumberSpelling.isAmbiguous(text)
      && !["null", "true", "false", "yes", "no", "on", "off", "y", "n", ".nan", ".inf"].contains(text.lowercased())
    return isPlain ? text : "'\(text.replacing("'", with: "''"))'"
  }

  /// A text in double quotes, as JSON writes it, too. It may have characters that single quotes cannot hold.
  package static func quoted(_ text: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return String(decoding: (try? encoder.encode(text)) ?? Data("\"\"".utf8), as: UTF8.self)
  }

  /// Refuses texts that would cost the parser too much: it follows nesting by recursion, and a few lines with aliases
  /// of aliases stand for billions of values.
  private static func refuseExcess(_ yaml: String) throws(YAMLProblem) {
    guard yaml.utf8.count <= sizeLimit else {
      throw YAMLProblem(line: nil, reason: "it has \(yaml.utf8.count) bytes, expected at most \(sizeLimit)")
    }
    var (brackets, aliases, anchors, line, indent) = (0, 0, 0, 1, 0)
    var isIndent = true
    var mark: UInt8 = 0
    for byte in yaml.utf8 {
      switch byte {
      case UInt8(ascii: "["), UInt8(ascii: "{"): brackets += 1
      // The sign begins an alias or an anchor only if a name follows directly.
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        if mark == UInt8(ascii: "*") { aliases += 1 }
        if mark == UInt8(ascii: "&") { anchors += 1 }
      default: break
      }
      mark = byte
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        line += byte == UInt8(ascii: "\n") ? 1 : 0
        (isIndent, indent) = (true, 0)
      } else if isIndent {
        // Each of these characters may begin another level.
        isIndent = Array(" \t-?:".utf8).contains(byte)
        indent += 1
        if indent > indentLimit {
          throw YAMLProblem(line: line, reason: "the line is indented by more than \(indentLimit) characters")
        }
      }
    }
    if brackets > bracketLimit {
      throw YAMLProblem(line: nil, reason: "it has \(brackets) opening brackets, expected at most \(bracketLimit)")
    }
    if aliases > aliasLimit, anchors > 0 {
      throw YAMLProblem(
        line: nil, reason: "it has \(aliases) aliases (*name), expected at most \(aliasLimit); write the values out")
    }
  }

  /// Refuses keys that are no texts, merge keys, deep nesting, and characters that look like others.
  private static func inspect(_ root: Node) throws(YAMLProblem) {
    var rest = [(node: root, depth: 1)]
    var count = 0
    while let (node, depth) = rest.popLast() {
      count += 1
      guard depth <= nestingLimit, count <= nodeLimit else {
        throw YAMLProblem(
          line: node.mark?.line,
          reason: count > nodeLimit
            ? "it has more than \(nodeLimit) values" : "it is nested deeper than \(nestingLimit) levels")
      }
      switch node {
      case .scalar(let scalar):
        if let reason = lookalike(scalar) { throw YAMLProblem(line: node.mark?.line, reason: reason) }
      case .sequence(let sequence): rest += sequence.reversed().map { ($0, depth + 1) }
      case .mapping(let mapping):
        for (key, value) in mapping.reversed() {
          guard let scalar = key.scalar else {
            throw YAMLProblem(line: key.mark?.line, reason: "a key must be a text, found a list or keys")
          }
          if scalar.string == "<<" {
            throw YAMLProblem(line: key.mark?.line, reason: "merge keys (<<) are not read; write the values out")
          }
          rest.append((value, depth + 1))
          rest.append((key, depth + 1))
        }
      case .alias: throw YAMLProblem(line: node.mark?.line, reason: "aliases are not read here; write the value out")
      }
    }
  }

  /// The reason why a text without quotes is not what its writer sees: word processors replace quotes, and web pages
  /// replace blanks.
  private static func lookalike(_ scalar: Node.Scalar) -> String? {
    guard scalar.style == .plain else { return nil }
    if let first = scalar.string.unicodeScalars.first,
      "\u{201C}\u{201D}\u{201E}\u{2018}\u{2019}\u{201A}\u{AB}\u{BB}"
        .unicodeScalars.contains(first)
    {
      return "\(scalar.string.printable(limit: 40)) begins with a typographic quote; write \" or '"
    }
    if let blank = scalar.string.unicodeScalars.first(where: isSpecialBlank) {
      let code = String(blank.value, radix: 16, uppercase: true)
      return "'\(scalar.string.printable(limit: 40))' has a special blank in it (U+\(code)); write a plain one, "
        + "or put the text in quotes"
    }
    return nil
  }

  /// Whether a character is a blank that YAML takes for a letter: no-break spaces, spaces of a fixed width, byte order
  /// marks.
  private static func isSpecialBlank(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0xA0, 0x1680, 0x2000...0x200B, 0x202F, 0x205F, 0x2060, 0x3000, 0xFEFF: true
    default: false
    }
  }

  // MARK: The parser's errors

  private static func problem(_ error: any Error, in yaml: String) -> YAMLProblem {
    switch error as? YamlError {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let lines = yaml.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      let line = min(mark.line, lines.count)
      // The parser often stops in the line after the one with the mistake.
      for line in [line, line - 1] where line > 0 {
        if let reason = blankProblem(lines[line - 1]) { return YAMLProblem(line: line, reason: reason) }
      }
      let detail = [context?.text, problem].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ", ")
      return YAMLProblem(line: line, reason: "not valid YAML: \(detail)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let keys = duplicates.prefix(5).map { $0.printable(limit: 80) }.joined(separator: ", ")
      return YAMLProblem(line: context.mark.line, reason: "given more than once: \(keys)")
    case .reader(let problem, _, let value, _):
      return YAMLProblem(
        line: nil, reason: "not valid YAML: \(problem) (U+\(String(max(0, value), radix: 16, uppercase: true)))")
    default: return YAMLProblem(line: nil, reason: "not valid YAML")
    }
  }

  /// The mistake in the blanks of a line, if there is one.
  private static func blankProblem(_ line: Substring) -> String? {
    if line.unicodeScalars.prefix(while: { $0 == " " || $0 == "\t" }).contains("\t") {
      return "the line begins with a tab; indent by blanks"
    }
    if let blank = line.unicodeScalars.first(where: isSpecialBlank) {
      return
        "the line has a special blank in it (U+\(String(blank.value, radix: 16, uppercase: true))); write a plain one"
    }
    return nil
  }
}
