import ArgumentParser
import SegmentationModels

/// Which network a file of weights is of.
struct NetworkFlags: ParsableArguments {
  @Option(help: "The network (rtseg models lists them), or smp; checkpoints of rtseg train know it themselves.")
  var model: String?
  @Option(help: "Of smp: the encoder.") var encoder: String?
  @Option(help: "Of smp: the decoder.") var decoder: String?

  /// The network that the flags name; `nil` where they name none.
  /// - Throws: `ArchitectureError`.
  func architecture() throws -> Architecture? {
    guard let name = model ?? (encoder == nil && decoder == nil ? nil : "smp") else { return nil }
    return try Architecture(name: name, decoder: decoder, encoder: encoder)
  }
}
