import SegmentationImage
import SegmentationModels
import Torch

// What would fail, or teach nothing, only after a run has begun.

/// Refuses what the network's form alone decides, before any data is looked for.
/// - Parameter imagesPerNormalization: The images that a batch normalization sees in a step.
func refuseWhatTheNetworkCannot(
  _ architecture: Architecture, heads: Heads, options: TrainingOptions, imagesPerNormalization: Int
) throws {
  try refuseCropsThatDoNotFit(architecture, options.augmentation.cropSize)
  if imagesPerNormalization == 1 {
    try refuseSinglePixelNormalization(architecture, heads: heads, options: options)
  }
  if options.model.backboneWeights != nil { try refuseMissingBackbone(architecture) }
  let model = try withDefaultDevice(.meta) { try architecture.makeModel(heads: heads) }
  _ = try TrainedParameters(
    of: model, network: architecture.name, options: options.optimizer, frozen: options.model.frozen)
  var norms: [String] = []
  model.visit { if $1 is BatchNorm2d { norms.append($0) } }
  for pattern in options.model.frozenStatistics {
    try pattern.requireMatch(among: norms, key: "model.frozenStatistics", network: architecture.name)
  }
}

/// Refuses a batch that the processes cannot share.
func refuseBatchThatCannotBeSplit(_ options: TrainingOptions, _ world: TrainingWorld) throws {
  guard options.batchSize % world.size != 0 else { return }
  throw TrainingError(
    "batch_size: expected a multiple of \(world.size), since as many processes share each batch, found \(options.batchSize)"
  )
}

func refuseEmptyEpochs(_ steps: Int, images: Int, _ options: TrainingOptions) throws {
  guard steps == 0 else { return }
  throw TrainingError(
    "accumulation: a step of \(options.accumulation) batches of \(options.batchSize) needs \(options.imagesPerStep) "
      + "training images, found \(images); choose a smaller one")
}

func refuseCropsThatDoNotFit(_ architecture: Architecture, _ crop: ImageSize) throws {
  let fitting = architecture.sizes.padded(crop)
  guard fitting == crop else {
    throw TrainingError(
      "augmentation.crop_size: \(architecture.name) takes \(architecture.sizes), found \(crop); "
        + "the next larger one is \(fitting)")
  }
}

func refuseMissingBackbone(_ architecture: Architecture) throws {
  func hasBackbone(_ architecture: Architecture) throws -> Bool {
    try withDefaultDevice(.meta) { try architecture.makeModel().pretrainable != nil }
  }
  guard try !hasBackbone(architecture) else { return }
  let families = Set(Architecture.realTime.map(\.family)).sorted()
  let others = try families.filter { try hasBackbone(Architecture(name: $0)) }
  throw TrainingError(
    "model.backbone_weights: \(architecture.name) has no backbone that published weights fit; "
      + "those that have one: \(others.joined(separator: ", ")), and all encoder–decoder networks (smp)")
}

/// Finds batch normalizations that would see one value a channel in training, which has no variance.
func refuseSinglePixelNormalization(
  _ architecture: Architecture, heads: Heads, options: TrainingOptions
) throws {
  let size = options.augmentation.cropSize
  let names: [String] = try withDefaultDevice(.meta) {
    let model = try architecture.makeModel(heads: heads)
    let parameters = model.namedParameters
    let input = Tensor.empty([1, 3, size.height, size.width])
    let calls = try catchingTorchErrors { recordOperators { withoutGradients { _ = model(input) } } }
    return calls.filter { $0.name == "batch_norm" }.compactMap { call in
      guard let x = call.inputs.first ?? nil, x.count == x.size(1), let weight = call.inputs[1] else { return nil }
      return parameters.first { $0.tensor.isSame(as: weight) }?.name
    }
  }
  guard let name = names.first else { return }
  let layer = name.split(separator: ".").dropLast().joined(separator: ".")
  let part = options.batchSize > 1 ? " for each process" : ""
  throw TrainingError(
    "batch_size: \(architecture.name) would normalize single values with a batch of 1\(part) (in \(layer)); expected 2 or more"
  )
}
