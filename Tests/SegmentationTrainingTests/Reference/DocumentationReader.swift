import Foundation

/// Reads the documentation comments of Swift sources.
///
/// It knows as much of Swift as the options need: types, their nesting by braces, properties and enumeration cases.
struct DocumentationReader {
  /// The text of each declaration by its name, such as `SegmentationTraining.TrainingOptions.epochs`.
  private(set) var texts: [String: String] = [:]

  private var types: [(name: String, depth: Int)] = []
  private var depth = 0
  private var comment: [String] = []

  /// Reads the files of all modules in a folder that declare one of these types.
  init(sources: URL, types names: Set<String>) throws {
    let patterns = names.flatMap { name in ["struct \(name)", "enum \(name)"] }.map { Data("\($0)".utf8) }
    let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
    for case let file as URL in files! where file.pathExtension == "swift" {
      let data = try Data(contentsOf: file)
      guard patterns.contains(where: { data.range(of: $0) != nil }) else { continue }
      let module = file.path.dropFirst(sources.path.count + 1).prefix { $0 != "/" }
      read(String(decoding: data, as: UTF8.self), module: String(module))
    }
  }

  private mutating func read(_ text: String, module: String) {
    types = [(module, -1)]
    depth = 0
    comment = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) { read(line) }
  }

  private mutating func read(_ line: Substring) {
    let line = line.trimmingCharacters(in: .whitespaces)
    if line.hasPrefix("///") { return comment.append(line.dropFirst(3).trimmingCharacters(in: .whitespaces)) }
    defer { comment = [] }
    let code = line.replacing(/"[^"]*"/, with: "").replacing(/\/\/.*/, with: "")
    let owner = types.map(\.name).joined(separator: ".")
    let isMember = depth == types.last!.depth + 1
    if isMember,
      let match = code.firstMatch(
        of: /^(?:public |package )?(?:struct|enum|protocol|extension|final class|class) (\w+)/)
    {
      note("\(owner).\(match.1)")
      if code.contains("{"), !code.hasSuffix("}") { types.append((String(match.1), depth)) }
    } else if isMember, let match = code.firstMatch(of: /^(?:public |package )?(?:var|let) (\w+)/) {
      note("\(owner).\(match.1)")
    } else if isMember, code.hasPrefix("case ") {
      for name in code.dropFirst("case ".count).split(separator: ",") {
        if let match = name.firstMatch(of: /\w+/) { note("\(owner).\(match.0)") }
      }
    }
    depth += code.count { $0 == "{" } - code.count { $0 == "}" }
    while types.count > 1, depth <= types.last!.depth { types.removeLast() }
  }

  /// Keeps the comment above a declaration; its paragraphs become one.
  private mutating func note(_ name: String) {
    let text = comment.joined(separator: " ").split(separator: " ").joined(separator: " ")
    if !text.isEmpty, texts[name] == nil { texts[name] = text }
  }
}
