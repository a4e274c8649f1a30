import ArgumentParser
import Foundation
import SegmentationTraining

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a network.",
    discussion: """
      The run's folder receives config.yaml (all options in force), last.pth, best.pth, confusion.json (of the best \
      validation), metrics.jsonl, curves.svg, log.txt, manifest.json and the folder tensorboard. Ctrl-C, SIGTERM and \
      SIGHUP (a closed terminal) finish the step, save and exit with 130, 143 and 129; --resume goes on from there, \
      exactly.

      With --processes N, or on a machine with several CUDA devices, the program starts workers that share each batch. \
      Processes that torchrun, srun or Kubernetes' PyTorchJob start find each other by RANK, WORLD_SIZE, MASTER_ADDR and \
      MASTER_PORT.
      """)

  @OptionGroup var flags: ConfigurationFlags
  @OptionGroup var training: TrainingFlags
  @OptionGroup var console: ConsoleFlags
  @OptionGroup var processes: ProcessFlags
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

  @Option(
    help: ArgumentHelp(
      "continue_from: go on with a run of the PyTorch reference, its last.pth, in a new folder.", valueName: "file"))
  var continueFrom: String?
  @Flag(
    help: """
      Do not train, but try rising learning rates for some steps: learning-rate.svg in the output folder shows the loss, and \
      a rate is proposed.
      """)
  var findLearningRate = false

  func validate() throws {
    if resume != nil,
      output != nil || flags.config != nil || initial != nil || backboneWeights != nil
        || continueFrom != nil || findLearningRate || training.isBatchSizeAutomatic
    {
      throw ValidationError(
        "--resume takes the run's own folder, options and weights: leave out --output, --config, --init, "
          + "--backbone-weights, --continue-from, --find-learning-rate and --batch-size auto")
    }
    if initial != nil, backboneWeights != nil {
      throw ValidationError("--init and --backbone-weights would overwrite each other: give one of them")
    }
  }

  func run() throws {
    console.apply()
    var overrides = training.overrides
    if let folder = resume ?? output {
      overrides.append(ConfigurationOverride("output", folder, source: resume == nil ? "--output" : "--resume"))
    }
    if let initial { overrides.append(ConfigurationOverride("model.initial", initial, source: "--init")) }
    if let backboneWeights {
      overrides.append(
        ConfigurationOverride("model.backbone_weights", backboneWeights, source: "--backbone-weights"))
    }
    overrides.add("continue_from", continueFrom, "--continue-from")
    let file = resume.map { URL(filePath: $0).appending(path: "config.yaml") }
    var options = try flags.options(file: file, more: overrides)
    if resume == nil { try options.refuseReplacingInputs(configuration: flags.config) }
    let link = LauncherLink.find(patience: Double(processes.timeout))
    if let environment = try processes.environment(isLaunched: link != nil) {
      try refuseRehearsals(environment)
      InterruptFlag.install()
      return try work(environment, options, link: link)
    }
    let count = findLearningRate ? 1 : try processes.count(options)
    if training.isBatchSizeAutomatic {
      options.batchSize = try BatchSizeSearch.largest(options) * count
      print("batch_size \(options.batchSize) fits")
    }
    if count > 1 { return try launch(count, options) }
    InterruptFlag.install()
    if findLearningRate { return try testLearningRates(options) }
    try train(options)
  }

  /// Trains in this process.
  func train(_ options: TrainingOptions, world: TrainingWorld = .alone) throws {
    let trial = try world.isFirst ? SearchedTrial.current() : nil
    let trainer = try world.explainingPeerFailure {
      try Trainer(options: options, start: resume == nil ? .new : .resumed, world: world) { [console] file in
        try RunLog(file: file, style: console.style, interval: options.logging.interval)
      }
    }
    if let trial { trainer.observers.append(trial) }
    let summary = try trainer.run()
    if summary.wasInterrupted { throw ExitCode(InterruptFlag.exitCode ?? 130) }
  }

  /// Refuses trials before a run, such as of learning rates, in one of several processes.
  private func refuseRehearsals(_ environment: WorkerEnvironment) throws {
    guard environment.size > 1, findLearningRate || training.isBatchSizeAutomatic else { return }
    throw TrainingError(
      "--find-learning-rate and --batch-size auto are for one process, this is one of \(environment.size) (WORLD_SIZE)")
  }

  private func testLearningRates(_ options: TrainingOptions) throws {
    let trainer = try Trainer(options: options, start: .rehearsal) { [console] _ in try RunLog(style: console.style) }
    let test = try trainer.testLearningRates()
    let plot = "\(options.output)/learning-rate.svg"
    if let rate = test.proposal {
      print("proposal: --lr \(rate) (the loss falls fastest there); \(plot) shows the loss")
    } else {
      print("no proposal, since the loss does not fall; \(plot) shows it")
    }
  }
}
