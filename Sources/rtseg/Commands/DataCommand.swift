import ArgumentParser

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Make, check and show data sets.",
    subcommands: [Synthesize.self, CheckData.self, PreviewData.self])
}
