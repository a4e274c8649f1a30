import Foundation

/// A command line of the program in a text for users.
struct DocumentedCommand {
  /// The file and the line.
  let place: String
  /// The words after the program's name.
  let words: [String]

  /// Finds the command lines of a Markdown file (in fenced or indented blocks), or of the comments of a YAML file.
  static func all(in file: URL, name: String) throws -> [DocumentedCommand] {
    var commands: [DocumentedCommand] = []
    var isFenced = false
    var pending: (line: Int, text: String)?
    for (index, line) in try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n").enumerated() {
      var text = line
      if file.pathExtension == "yaml" {
        guard line.hasPrefix("#") else { continue }
        text = String(line.drop { $0 == "#" })
      } else if line.trimmingCharacters(in: .whitespaces).hasPrefix("```") {
        isFenced.toggle()
        continue
      } else if !isFenced && !line.hasPrefix("    ") {
        continue
      }
      text = text.trimmingCharacters(in: .whitespaces)
      if let begun = pending { text = begun.text + " " + text }
      let start = pending?.line ?? index + 1
      pending = nil
      if text.hasSuffix("\\") {
        pending = (start, String(text.dropLast()))
      } else {
        commands += words(in: text).map { DocumentedCommand(place: "\(name):\(start)", words: $0) }
      }
    }
    return commands
  }

  /// The words after each call of the program in a line of shell.
  static func words(in line: String) -> [[String]] {
    var words = line.split(separator: " ").map(String.init)[...]
    var previous: String?
    var found: [[String]] = []
    while let word = words.popFirst() {
      defer { previous = word }
      guard word == "rtseg" || word.hasSuffix("/rtseg"), beginsCommand(after: previous) else { continue }
      var arguments: [String] = []
      while let next = words.first, !["|", "&&", ">"].contains(next), !next.hasPrefix("#") {
        words.removeFirst()
        arguments.append(next.trimmingCharacters(in: CharacterSet(charactersIn: ";'")))
        if next.hasSuffix(";") { break }
      }
      found.append(arguments)
    }
    return found
  }

  private static func beginsCommand(after word: String?) -> Bool {
    guard let word else { return true }
    return ["$", "&&", "|", "then", "exec", "srun", "--no-python"].contains(word) || word.contains("=")
  }
}
