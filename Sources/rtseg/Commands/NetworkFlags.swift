import ArgumentParser
import SegmentationModels

/// Options that name a network.
protocol NetworkNames: ParsableArguments {
  var model: String? { get }
  var encoder: String? { get }
  var decoder: String? { get }
}

/// The network that is trained.
struct TrainedNetworkFlags: NetworkNames {
  @Option(
    help: .key(
      "model.name", "The name of a network (rtseg models lists them), or smp with --decoder and --encoder.",
      valueName: "name"), completion: .networks)
  var model: String?
  @Option(help: .key("model.encoder", valueName: "name"), completion: .encoders) var encoder: String?
  @Option(help: .key("model.decoder", valueName: "name"), completion: .decoders) var decoder: String?
}

/// The network that a file of weights belongs to.
struct NetworkFlags: NetworkNames {
  @Option(
    help: ArgumentHelp(
      """
      The name of the network (rtseg models lists them), or smp with --decoder and --encoder. Checkpoints that rtseg train \
      wrote do not need it.
      """, valueName: "name"), completion: .networks)
  var model: String?
  @Option(
    help: ArgumentHelp(
      "The encoder of an smp network, such as resnet18 (rtseg models --family encoder-decoder).", valueName: "name"),
    completion: .encoders)
  var encoder: String?
  @Option(
    help: ArgumentHelp("The decoder of an smp network, such as unet or deeplabv3p.", valueName: "name"),
    completion: .decoders)
  var decoder: String?

  /// The network that the flags name; `nil` if they name none.
  /// - Throws: `ArchitectureError`.
  func architecture() throws -> Architecture? {
    guard let name = model ?? (encoder == nil && decoder == nil ? nil : "smp") else { return nil }
    return try Architecture(name: name, decoder: decoder, encoder: encoder)
  }
}
