import ArgumentParser
import Files
import Foundation
import SegmentationTraining

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a network.",
    discussion: """
      The run's folder receives config.yaml (all options in force), last.pth, best.pth, metrics.jsonl, curves.svg, \
      log.txt and manifest.json. Ctrl-C, SIGTERM and SIGHUP (a closed terminal) finish the step, save and exit with 130, \
      143 and 129; --resume goes on from there, exactly.
      """)

  @OptionGroup var flags: ConfigurationFlags
  @OptionGroup var training: TrainingFlags
  @Option(help: "output: the run's folder.") var output: String?
  @Option(help: ArgumentHelp("Go on with the run in this folder, with its own options.", valueName: "folder"))
  var resume: String?
  @Option(name: .customLong("init"), help: "Start from the weights of a checkpoint that fit by name and shape.")
  var initial: String?
  @Option(
    name: [.customLong("backbone-weights"), .customLong("encoder-weights")],
    help: ArgumentHelp(
      "model.backbone_weights: start from published weights of the backbone or encoder, a file or an http(s) address.",
      valueName: "file|url"))
  var backboneWeights: String?

  func validate() throws {
    if resume != nil, output != nil || flags.config != nil || initial != nil || backboneWeights != nil {
      throw ValidationError(
        "--resume takes the run's own folder, options and weights: leave out --output, --config, --init and "
          + "--backbone-weights")
    }
    if initial != nil, backboneWeights != nil {
      throw ValidationError("--init and --backbone-weights would overwrite each other: give one of them")
    }
  }

  func run() throws {
    var overrides = training.overrides
    if let folder = resume ?? output {
      overrides.append(ConfigurationOverride("output", folder, source: resume == nil ? "--output" : "--resume"))
    }
    if let initial { overrides.append(ConfigurationOverride("model.initial", initial, source: "--init")) }
    if let backboneWeights {
      overrides.append(
        ConfigurationOverride("model.backbone_weights", backboneWeights, source: "--backbone-weights"))
    }
    let file = resume.map { URL(filePath: $0).appending(path: "config.yaml") }
    let options = try flags.options(file: file, more: overrides)
    if resume == nil { try refuseReplacingInputs(options) }
    InterruptFlag.install()
    let summary = try Trainer(options: options, resume: resume != nil).run()
    if summary.wasInterrupted { throw ExitCode(InterruptFlag.exitCode ?? 130) }
  }
  /// A new run must not write over the files that it is made from, such as a configuration that lies in its folder.
  private func refuseReplacingInputs(_ options: TrainingOptions) throws {
    var plan = OutputPlan()
    let inputs = [flags.config, options.data.dataset, options.model.initial, options.model.backboneWeights]
    for input in inputs.compactMap({ $0 }) { plan.add(input: input) }
    for file in RunFolder.unopened(URL(filePath: options.output)).files { plan.add(output: file.path, of: "--output") }
    try plan.check()
  }
}
