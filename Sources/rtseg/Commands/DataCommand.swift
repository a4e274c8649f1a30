import ArgumentParser

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Make and check data sets.", subcommands: [Synthesize.self, CheckData.self])
}
