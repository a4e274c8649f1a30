import SegmentationModels

extension NetworkCheckpoint {
  /// Reads the checkpoint that a text names: a path, an address, or a name such as `fastscnn@cityscapes`.
  ///
  /// ```swift
  /// let predictor = try Predictor(NetworkCheckpoint(named: "fastscnn@cityscapes"))
  /// ```
  /// - Parameters:
  ///   - architecture: The network, for files that do not name it.
  ///   - weights: Finds the file, and fetches it once if an address or a name asks for it.
  /// - Throws: `WeightsError` or `UnknownWeights` if the file cannot be had; `CheckpointError`, `FileError` or
  ///   `NetworkCheckpointError` if it cannot be read.
  public init(
    named text: String, architecture: Architecture? = nil, weights: PretrainedWeights = PretrainedWeights()
  ) throws {
    let file = try weights.find(text, of: architecture)
    try self.init(contentsOf: file.url, architecture: file.architecture)
  }
}
