import SegmentationData
import SegmentationImage
import SegmentationModels
import Torch

// These checks find, before a run begins, what would otherwise fail or teach nothing only after it has begun.

/// Refuses what the network's form alone decides, before any data is looked for.
/// - Parameters:
///   - model: The network, or one of its form on the meta device.
///   - imagesPerNormalization: The images that a batch normalization sees in a step.
func refuseWhatTheNetworkCannot(
  _ model: SegmentationModel, options: TrainingOptions, imagesPerNormalization: Int
) throws {
  try refuseCropsThatDoNotFit(model, options.augmentation.cropSize)
  if imagesPerNormalization == 1 { try refuseSinglePixelNormalization(model, options: options) }
  if options.model.backboneWeights != nil { try refuseMissingBackbone(model) }
  if options.distillation.teacher != nil, options.distillation.compare == .alignment {
    try refuseMissingAlignmentMaps(model)
  }
  _ = try TrainedParameters(
    of: model, network: model.name, options: options.optimizer, frozen: options.model.frozen)
  var norms: [String] = []
  model.visit { if $1 is BatchNorm2d { norms.append($0) } }
  for pattern in options.model.frozenStatistics {
    try pattern.requireMatch(among: norms, key: "model.frozenStatistics", network: model.name)
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

func refuseCropsThatDoNotFit(_ model: SegmentationModel, _ crop: ImageSize) throws {
  let fitting = model.sizes.padded(crop)
  guard fitting == crop else {
    throw TrainingError(
      "augmentation.crop_size: \(model.name) takes \(model.sizes), found \(crop); "
        + "the next larger one is \(fitting)")
  }
}

func refuseMissingBackbone(_ model: SegmentationModel) throws {
  guard model.pretrainable == nil else { return }
  let families = Set(Architecture.realTime.map(\.family)).sorted()
  let others = try families.filter { family in
    try withDefaultDevice(.meta) { try Architecture(name: family).makeModel().pretrainable != nil }
  }
  throw TrainingError(
    "model.backbone_weights: \(model.name) has no backbone that published weights fit; "
      + "those that have one: \(others.joined(separator: ", ")), and all encoder–decoder networks (smp)")
}

func refuseMissingAlignmentMaps(_ model: SegmentationModel) throws {
  guard model.alignmentChannels == nil else { return }
  throw TrainingError(
    "distillation.compare: alignment is for networks of the family sctnet, found \(model.name); use logits or features")
}

/// Finds batch normalizations that would see one value a channel in training, which has no variance.
func refuseSinglePixelNormalization(_ model: SegmentationModel, options: TrainingOptions) throws {
  let size = options.augmentation.cropSize
  let names: [String] = try model.withShapesAlone {
    let parameters = model.namedParameters
    let input = Tensor.empty([1, model.imageChannels, size.height, size.width])
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
    "batch_size: \(model.name) would normalize single values with a batch of 1\(part) (in \(layer)); expected 2 or more"
  )
}

/// Refuses a network of a program's own for images of other channels than the data's.
func refuseOtherChannels(_ model: SegmentationModel, _ data: DataOptions) throws {
  guard model.imageChannels != data.channels else { return }
  throw TrainingError(
    "data.channels: expected \(model.imageChannels), the channels of the images that \(model.name) takes, found "
      + "\(data.channels)")
}

/// Refuses a network of a program's own that has another number of scores than the data set needs.
/// - Parameter scores: The scores of each pixel.
func refuseOtherScores(_ model: SegmentationModel, scores: Int, crop: ImageSize) throws {
  let wasTraining = model.isTraining
  model.eval()
  defer { model.train(wasTraining) }
  func shape(_ device: Device) throws -> [Int] {
    try catchingTorchErrors {
      withoutGradients {
        model(.zeros([1, model.imageChannels, crop.height, crop.width], device: device), heads: false).logits.shape
      }
    }
  }
  let found: [Int]
  do {
    found = try model.withShapesAlone { try shape(.meta) }
  } catch is TorchError {
    // Not every operation can do without values.
    found = try shape(model.parameters.first?.device ?? .cpu)
  }
  guard found != [1, scores, crop.height, crop.width] else { return }
  throw TrainingError(
    "\(model.name): expected scores of the shape [1, \(scores), \(crop.height), \(crop.width)] for an image of \(crop), "
      + "one for each class of the data set and each pixel, found \(found)")
}
