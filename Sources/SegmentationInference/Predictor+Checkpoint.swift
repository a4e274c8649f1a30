import Foundation
import SegmentationImage
import SegmentationModels
import SegmentationWeights
import Torch

extension Predictor {
  /// Reads a network from a checkpoint.
  ///
  /// A checkpoint of `rtseg train` tells its network, its classes with their colors, and the normalization of its input.
  /// For a file from elsewhere, the arguments give what the file lacks.
  /// - Parameters:
  ///   - file: A `.pth` or `.safetensors` file.
  ///   - model: The network's name in the catalogue, for files that do not name it.
  ///   - classes: The classes' names and colors in place of the file's; their number must be that of the file. If neither
  ///     tells them, the weights tell their number.
  ///   - normalization: The normalization in place of the file's; ImageNet's if neither tells it.
  ///   - device: Where the network computes.
  ///   - precision: int8 needs a `calibration`, the CPU and the kernels.
  ///   - engine: The engine that computes scores.
  ///   - calibration: The images that int8 learns its scales from.
  ///   - selection: How engines choose their kernels.
  ///   - inference: How the network is applied to each image.
  ///   - note: Receives lines that tell what was chosen or done otherwise than asked for.
  /// - Throws: `CheckpointError`, `FileError` or `NetworkCheckpointError` for the file, `ArchitectureError` for the name of
  ///   a network, `EngineError` for a precision that the engine does not have.
  public convenience init(
    checkpoint file: URL, model: String? = nil, classes: [ClassInfo]? = nil, normalization: Normalization? = nil,
    device: Device = .cpu, precision: Precision = .float32, engine: Engine = .kernels, calibration: Calibration? = nil,
    selection: InferenceOptions.Selection = .estimated, inference: InferenceProtocol = InferenceProtocol(),
    note: @escaping (String) -> Void = { _ in }
  ) throws {
    try engine.check(precision, on: device, isCalibrated: calibration != nil)
    let architecture = try model.map { try Architecture(name: $0) }
    try self.init(
      NetworkCheckpoint(contentsOf: file, architecture: architecture), classes: classes, normalization: normalization,
      device: device, precision: precision, engine: engine, calibration: calibration, selection: selection,
      inference: inference, note: note)
  }

  /// Finds and reads a network's checkpoint.
  ///
  /// `try Predictor(checkpoint: "fastscnn@cityscapes")` fetches the published weights once and keeps them.
  /// - Parameters:
  ///   - name: A path, an address, or the name of a published checkpoint.
  ///   - weights: The finder, which knows the cache and reports downloads.
  /// - Throws: The errors of `PretrainedWeights.find(_:)`, and those for a file.
  public convenience init(
    checkpoint name: String, weights: PretrainedWeights = PretrainedWeights(), model: String? = nil,
    classes: [ClassInfo]? = nil, normalization: Normalization? = nil, device: Device = .cpu,
    precision: Precision = .float32, engine: Engine = .kernels, calibration: Calibration? = nil,
    selection: InferenceOptions.Selection = .estimated, inference: InferenceProtocol = InferenceProtocol(),
    note: @escaping (String) -> Void = { _ in }
  ) throws {
    try engine.check(precision, on: device, isCalibrated: calibration != nil)
    let architecture = try model.map { try Architecture(name: $0) }
    try self.init(
      NetworkCheckpoint(named: name, architecture: architecture, weights: weights), classes: classes,
      normalization: normalization, device: device, precision: precision, engine: engine, calibration: calibration,
      selection: selection, inference: inference, note: note)
  }

  /// Makes the network of a checkpoint that was read.
  /// - Parameter network: A network that is not in the catalogue, such as one of your own: the weights are put into it.
  /// - Throws: `NetworkCheckpointError`, `ArchitectureError`, `EngineError`.
  public convenience init(
    _ checkpoint: NetworkCheckpoint, network: SegmentationModel? = nil, classes: [ClassInfo]? = nil,
    normalization: Normalization? = nil, device: Device = .cpu, precision: Precision = .float32,
    engine: Engine = .kernels, calibration: Calibration? = nil,
    selection: InferenceOptions.Selection = .estimated, inference: InferenceProtocol = InferenceProtocol(),
    note: @escaping (String) -> Void = { _ in }
  ) throws {
    let card = checkpoint.card
    if let network { try checkpoint.load(into: network, note: note) }
    let model = try network ?? checkpoint.makeModel(classes: classes?.count, note: note)
    try self.init(
      model: model.to(device), classes: classes ?? card?.classInfos,
      normalization: normalization ?? card?.normalization ?? Normalization(),
      device: device, precision: precision, engine: engine, calibration: calibration, selection: selection,
      inference: inference)
    self.note = note
  }
}

extension ModelCard {
  /// The normalization of images.
  public var normalization: Normalization { Normalization(mean: mean, std: std, type: pixelType) }

  /// The classes' names and colors.
  public var classInfos: [ClassInfo] {
    zip(classes, colors).map { name, color in ClassInfo(name, RGB(color[0], color[1], color[2])) }
  }
}
