import Foundation
import Testing

@Suite struct ConfigTests {
  @Test func keysAreShownWithTheirDefaultsAndMeanings() throws {
    let daily = try Program.run("config")
    #expect(daily.status == 0 && daily.errors.isEmpty)
    #expect(daily.output.contains("# The number of epochs. The network sees every training image once per epoch.\n"))
    #expect(daily.output.contains("# Value: an integer, 1 to 1000000.\nepochs: 100\n"))
    #expect(!daily.output.contains("maximum_skipped_steps"))
    let all = try Program.run("config", "--all")
    #expect(all.output.contains("maximum_skipped_steps: 50") && all.output.contains("  # affine:\n"))
    let section = try Program.run("config", "optimizer")
    #expect(section.output.contains("  momentum: 0.9\n") && !section.output.contains("epochs: 100"))
    let losses = try Program.run("config", "objective.terms").output
    #expect(losses.contains("The loss `dice` is 1 minus the Dice coefficient") && losses.contains("per_image: false"))
  }

  @Test func theOutputIsAConfigurationFile() throws {
    let folder = try ProgramFolder()
    for arguments in [["config"], ["config", "--all"]] {
      let yaml = try Program.run(arguments).output
      try Data(yaml.utf8).write(to: folder.url.appending(path: "all.yaml"))
      let result = try Program.run("config", "check", folder.path("all.yaml"))
      #expect(result.status == 0 && result.output == "no problems found\n", "\(result.output)")
    }
  }

  @Test func faultsOfAFileAreListed() throws {
    let folder = try ProgramFolder()
    try Data("epochs: 0\nmodell: x\namp: half\n".utf8).write(to: folder.url.appending(path: "bad.yaml"))
    let result = try Program.run("config", "check", folder.path("bad.yaml"))
    #expect(result.status == 1 && result.errors.isEmpty)
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 4 && lines.last == "3 problems found", "\(result.output)")
    for text in [
      "bad.yaml:1: epochs: expected 1 to 1000000, found 0", "bad.yaml:2: unknown key 'modell'", "bad.yaml:3: amp:",
    ] {
      #expect(lines.contains { $0.contains(text) }, "\(text) in \(result.output)")
    }
  }

  @Test func unknownKeysGetTheNearest() throws {
    let result = try Program.run("config", "optimizer.momentun")
    #expect(result.status == 1)
    #expect(result.errors == "rtseg: optimizer.momentun: there is no such key; did you mean 'optimizer.momentum'?\n")
  }

  @Test func keysAreShownAsJSON() throws {
    struct Row: Decodable {
      let key, type, values, meaning: String
      let choices: [String]?
    }
    let rows = try JSONDecoder().decode([Row].self, from: Data(try Program.run("config", "amp", "--json").output.utf8))
    #expect(rows.first?.key == "amp" && rows.first?.choices?.contains("bfloat16") == true)
  }
}
