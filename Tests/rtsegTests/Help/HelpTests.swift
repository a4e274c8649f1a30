import Foundation
import Testing

@Suite struct HelpTests {
  @Test func allCommandsAreThere() {
    let names = CommandHelp.commands.map(\.name)
    for name in [
      "", " train", " val", " predict", " bench", " compile", " export", " info", " data check", " config",
      " config check",
      " search",
    ] {
      #expect(names.contains("rtseg\(name)"), "\(names)")
    }
  }

  @Test(arguments: CommandHelp.commands.map(\.name)) func aCommandSaysWhatItDoesAndShowsExamples(name: String) throws {
    let command = try #require(CommandHelp.commands.first { $0.name == name })
    let abstract = command.abstract ?? ""
    #expect(abstract.hasSuffix(".") && abstract.first!.isUppercase, "\(abstract)")
    let discussion = command.discussion ?? ""
    let examples = discussion.split(separator: "\n").filter { $0.hasPrefix("  rtseg ") }
    #expect(examples.count >= 2, "\(discussion)")
    // The library breaks longer lines, and the rest would stand at the margin.
    for line in examples { #expect(line.count <= 80, "\(line)") }
    let program = name == "rtseg" ? "  rtseg " : "  \(name)"
    #expect(examples.contains { $0.hasPrefix(program) }, "\(examples)")
  }

  @Test(arguments: CommandHelp.commands.map(\.name)) func everyOptionIsDescribedInASentence(name: String) throws {
    let command = try #require(CommandHelp.commands.first { $0.name == name })
    for option in command.options {
      let text = option.sentence
      #expect(text.count > 10, "\(option.name): '\(text)'")
      #expect(text.hasSuffix("."), "\(option.name): '\(text)'")
      #expect(text.first.map { $0.isUppercase } ?? false, "\(option.name): '\(text)'")
      let first = String(text.prefix { $0.isLetter })
      #expect(!["Of", "What", "Those", "That", "Where", "How"].contains(first), "\(option.name): '\(text)'")
    }
  }

  @Test func theHelpShowsTheDefaultsOfTheConfiguration() throws {
    let help = try Program.run(["train", "--help"], environment: ["COLUMNS": "200"]).output
    for text in [
      "(key: epochs; default: 100)", "(key: optimizer.learning_rate; default: 0.01)",
      "(key: augmentation.crop_size; default: 512x1024)", "The number of epochs.", "HEIGHTxWIDTH",
    ] { #expect(help.contains(text), "\(text)") }
    for title in ["RUN:", "CONFIGURATION:", "NETWORK:", "DATA:", "DEVICE:", "TRAINING:", "MESSAGES:"] {
      #expect(help.contains("\n\(title)\n"), "\(title)")
    }
  }

  /// Every option with a key sets a key that there is, and its description has the default that `rtseg config` prints.
  @Test func optionsNameKeysThatExist() throws {
    struct Row: Decodable { let key: String }
    let rows = try JSONDecoder().decode(
      [Row].self, from: Data(try Program.run("config", "--all", "--json").output.utf8))
    let keys = Set(rows.map(\.key))
    var count = 0
    for option in CommandHelp.commands.flatMap(\.options) {
      guard let match = (option.abstract ?? "").firstMatch(of: /\(key: ([a-z_.0-9]+)/) else { continue }
      count += 1
      #expect(keys.contains(String(match.1)), "\(option.name)")
    }
    #expect(count > 40)
  }
}
