import ArgumentParser
import Files
import Foundation
import SegmentationTraining

struct Config: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the keys of a configuration with their defaults and meanings, or check a file.",
    usage: """
      rtseg config [<key> ...] [--all] [--json]
      rtseg config check <file>
      """,
    discussion: """
      Examples:
        rtseg config
        rtseg config optimizer
        rtseg config --all > run.yaml
        rtseg config check run.yaml

      Without a subcommand it runs rtseg config show, which prints the keys of daily use. The output is itself a \
      configuration file, in which comments say what each key means. docs/configuration.md is the same reference as a page.
      """,
    subcommands: [Show.self, Check.self], defaultSubcommand: Show.self)

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print keys of the configuration with their defaults and meanings.",
      discussion: """
        Examples:
          rtseg config show
          rtseg config show optimizer.momentum schedule
          rtseg config show flip --json

        The output is a configuration file with the default values.
        """)

    @Argument(
      help: ArgumentHelp(
        """
        A key, a section such as optimizer, or a part of a key. Without one, the keys of daily use are printed.
        """, valueName: "key"), completion: .list(OptionReference.training.entries.map(\.key)))
    var keys: [String] = []
    @Flag(help: "Print every key.") var all = false
    @Flag(help: "Print JSON instead of YAML.") var json = false

    func validate() throws {
      try refuseOption(all && !keys.isEmpty, "--all prints every key: leave the names of keys out, or leave out --all")
    }

    func run() throws {
      let reference = OptionReference.training
      let entries = try all ? reference.entries : keys.isEmpty ? reference.dailyEntries : reference.entries(named: keys)
      print(json ? try reference.json(entries) + "\n" : reference.annotatedYAML(entries), terminator: "")
    }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Look for faults in a configuration file, without starting a run.",
      discussion: """
        Examples:
          rtseg config check run.yaml
          rtseg config check runs/train/config.yaml

        It prints one line per fault, and the exit code is then 1. It does not look at the data set.
        """)

    @Argument(help: ArgumentHelp("The configuration file (YAML).", valueName: "file"), completion: .configurations)
    var file: String

    func run() throws {
      let faults = ConfigurationLoader(defaults: TrainingOptions()).faults(in: URL(filePath: file))
      for fault in faults { print("\(fault)") }
      print(
        faults.isEmpty ? "no problems found" : faults.count == 1 ? "1 problem found" : "\(faults.count) problems found")
      if !faults.isEmpty { throw ExitCode.failure }
    }
  }
}
