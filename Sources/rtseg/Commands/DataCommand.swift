import ArgumentParser

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Draw, check and show data sets.",
    discussion: """
      Examples:
        rtseg data check --dataset mydata.yaml
        rtseg data preview cityscapes --data-root data/cityscapes --output sheet.png
        rtseg data synthesize --output scenes
      """,
    subcommands: [Synthesize.self, CheckData.self, PreviewData.self])
}
