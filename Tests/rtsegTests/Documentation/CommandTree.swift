import Foundation

/// The program's commands with their arguments, as the program itself describes them.
struct CommandTree: Decodable {
  struct Argument: Decodable {
    struct Name: Decodable {
      let kind, name: String

      var written: String { kind == "long" ? "--\(name)" : "-\(name)" }
    }

    let kind: String
    let names: [Name]?
    let isOptional, isRepeating: Bool
    let allValues: [String]?
    let valueName: String?

    /// The argument as a user writes it.
    var title: String { names?.last?.written ?? "<\(valueName ?? kind)>" }
  }

  let commandName: String
  let arguments: [Argument]?
  let subcommands: [CommandTree]?
  /// The subcommands that run if none is named, which the program's description leaves out.
  private static let defaults = ["config": "show"]

  /// Asks the program.
  static func program() throws -> CommandTree {
    struct Answer: Decodable { let command: CommandTree }
    let result = try Program.run("--experimental-dump-help")
    return try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8)).command
  }

  /// Says what is wrong with the words after the command's name, or nothing if the program would take them.
  func problem(with words: [String]) -> String? {
    if let name = words.first, let command = subcommands?.first(where: { $0.commandName == name }) {
      return command.problem(with: Array(words.dropFirst()))
    }
    if let command = subcommands?.first(where: { $0.commandName == Self.defaults[commandName] }) {
      return command.problem(with: words)
    }
    if let name = words.first, subcommands?.isEmpty == false, !name.hasPrefix("-") {
      return "\(commandName) has no command \(name)"
    }
    // Every program of the argument parser has this option, and none lists it.
    if words.first == "--generate-completion-script" {
      return words.count == 2 && ["bash", "zsh", "fish"].contains(words[1]) ? nil : "expected the name of a shell"
    }
    let arguments = arguments ?? []
    let positional = arguments.filter { $0.kind == "positional" }
    var given: Set<String> = []
    var values: [String] = []
    // An ellipsis stands for arguments that the text leaves out.
    let isWhole = !words.contains { ["...", "…"].contains($0) }
    var rest = words.filter { !["...", "…"].contains($0) }[...]
    while let word = rest.popFirst() {
      guard word.hasPrefix("-"), word.count > 1 else {
        values.append(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      guard let argument = arguments.first(where: { $0.names?.contains { $0.written == parts[0] } == true }) else {
        return "\(commandName) has no option \(parts[0])"
      }
      given.insert(argument.title)
      guard argument.kind == "option" else { continue }
      guard let value = parts.count == 2 ? parts[1] : rest.popFirst(), !value.hasPrefix("--") else {
        return "\(parts[0]) has no value"
      }
      if let allowed = argument.allValues, !allowed.contains(value) { return "\(parts[0]) does not take \(value)" }
    }
    if values.count > positional.count, !positional.contains(where: \.isRepeating) {
      return "\(commandName) has no place for \(values[positional.count])"
    }
    guard isWhole, !given.contains("--help"), !given.contains("--version") else { return nil }
    if subcommands?.isEmpty == false, arguments.allSatisfy({ $0.kind == "flag" }), words.isEmpty {
      return "\(commandName) needs a command"
    }
    let missing =
      arguments.filter { !$0.isOptional && $0.kind != "positional" && !given.contains($0.title) }.map(\.title)
      + positional.dropFirst(values.count).filter { !$0.isOptional }.map(\.title)
    return missing.first.map { "\(commandName) needs \($0)" }
  }
}
