import ArgumentParser

/// The weights that a training run starts from.
struct StartFlags: ParsableArguments {
  @Option(
    name: .customLong("init"),
    help: .key(
      "model.initial",
      """
      Start from the weights of a checkpoint that fit by name and shape: a file, an address, or a name such as \
      fastscnn@cityscapes.
      """, valueName: "checkpoint"), completion: .weights)
  var initial: String?
  @Option(
    name: [.customLong("backbone-weights"), .customLong("encoder-weights")],
    help: .key(
      "model.backbone_weights",
      """
      Start from published weights of the backbone or encoder: a file, an address, or a name such as imagenet (rtseg models \
      NETWORK lists the names).
      """, valueName: "weights"), completion: .weights)
  var backboneWeights: String?
  @Option(
    help: .key(
      "continue_from", "Go on in a new folder with a run of the PyTorch reference, from its last.pth.",
      valueName: "file"),
    completion: .weights)
  var continueFrom: String?
}
