import Foundation

/// The help of a command, as ArgumentParser describes it to other programs.
struct CommandHelp: Decodable {
  struct Argument: Decodable {
    struct Name: Decodable {
      let kind: String
      let name: String
    }

    let kind: String
    let shouldDisplay: Bool
    let names: [Name]?
    let valueName: String?
    let abstract: String?

    /// The name as it is written: `--lr`, or `folder` for an argument without one.
    var name: String { names?.first.map { "--\($0.name)" } ?? valueName ?? "" }

    /// The description without the facts in parentheses behind it.
    var sentence: String {
      (abstract ?? "").replacing(/( \((?:key|default|values): (?:[^()]|\([^()]*\))*\))+$/, with: "")
    }
  }

  let commandName: String
  let superCommands: [String]?
  let abstract: String?
  let discussion: String?
  let arguments: [Argument]?
  let subcommands: [CommandHelp]?
  let shouldDisplay: Bool?

  /// The command as it is written, `rtseg data check`.
  var name: String { ((superCommands ?? []) + [commandName]).joined(separator: " ") }

  /// The options and arguments that are the command's own.
  var options: [Argument] {
    (arguments ?? []).filter { $0.shouldDisplay && !["--help", "--version", "--h"].contains($0.name) }
  }

  /// This command and all below it that users see.
  var all: [CommandHelp] {
    guard shouldDisplay != false, commandName != "bench-worker", commandName != "help" else { return [] }
    return [self] + (subcommands ?? []).flatMap(\.all)
  }

  private struct Root: Decodable {
    let command: CommandHelp
  }

  /// All commands of the program.
  static let commands: [CommandHelp] = {
    let result = try! Program.run("--experimental-dump-help")
    return try! JSONDecoder().decode(Root.self, from: Data(result.output.utf8)).command.all
  }()

  static func named(_ name: String) -> CommandHelp { commands.first { $0.name == "rtseg \(name)" }! }
}
