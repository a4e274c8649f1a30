import ArgumentParser

/// The folder of a training run, and what is done in it.
struct RunFlags: ParsableArguments {
  @Option(help: .key("output", "The folder that the run writes.", valueName: "folder"), completion: .directory)
  var output: String?
  @Option(
    help: ArgumentHelp("Go on with the run in this folder, with its own options.", valueName: "folder"),
    completion: .directory)
  var resume: String?
  @Flag(
    help: """
      Do not train, but try rising learning rates for some steps and propose one. The file learning-rate.svg in the \
      output folder shows the loss.
      """)
  var findLearningRate = false
}
