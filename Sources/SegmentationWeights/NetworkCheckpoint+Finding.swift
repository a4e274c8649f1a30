import SegmentationModels

extension NetworkCheckpoint {
  /// Reads the checkpoint that a text names: a path, an address, or a name such as `fastscnn@cityscapes`.
  /// - Parameters:
  ///   - architecture: The network, for files that do not name it.
  ///   - weights: The finder, which knows the cache and reports downloads.
  /// - Throws: The errors of `PretrainedWeights.find(_:)` and of `init(contentsOf:architecture:)`;
  ///   `NetworkCheckpointError.weights` if the name stands for another network than `architecture`.
  public init(
    finding text: String, architecture: Architecture? = nil, in weights: PretrainedWeights = PretrainedWeights()
  ) throws {
    let file = try weights.find(text)
    if let architecture, let other = file.architecture, other != architecture {
      throw NetworkCheckpointError.weights(
        file: text, reason: "it is a checkpoint of \(other.name), not of \(architecture.name)")
    }
    try self.init(contentsOf: file.url, architecture: architecture ?? file.architecture)
  }
}
