import Files
import Foundation
import SegmentationModels
import SegmentationWeights
import Torch

/// A trained network that another one learns from. It runs in evaluation mode, without gradients, in the run's
/// precision.
final class Teacher {
  private let model: SegmentationModel
  private let precision: DType?
  /// The scale and shift that turn images normalized for the student into images normalized for the teacher; `nil` if
  /// both are the same.
  private let renormalization: (scale: Tensor, shift: Tensor)?
  /// The classifier's input in the last pass, if it is watched.
  private var features: Tensor?
  /// The teacher's parts for an alignment; `nil` unless it is a SegFormer.
  let segFormer: SegFormerTeacher?

  /// Reads a teacher from a checkpoint.
  /// - Parameters:
  ///   - classNames: The data set's class names; a teacher whose checkpoint names other classes is refused.
  ///   - scores: The number of scores that the student has for each pixel.
  ///   - mean: The mean that is subtracted from each channel of the student's input.
  ///   - std: The number that each channel of the student's input is then divided by.
  ///   - pixelType: The type of the images' values.
  /// - Throws: `TrainingError` if the checkpoint does not fit the student, `FileError` or `CheckpointError` if it
  ///   cannot be read.
  init(
    name: String, checkpoint file: WeightsFile, classNames: [String], scores: Int, mean: [Double], std: [Double],
    pixelType: PixelType, device: Device, precision: DType?
  ) throws {
    let architecture = try Architecture(name: name)
    let path = file.url.relativePath
    if let other = file.architecture, other != architecture {
      throw TrainingError("distillation.checkpoint: \(path) is of \(other.name), not of the teacher \(name)")
    }
    let content = try Checkpoint.read(from: file.url)
    let card: ModelCard?
    do { card = try ModelCard(checkpoint: content) } catch { throw TrainingError("\(path): \(error)") }
    if let card { try Self.refuseOther(card, name: name, path: path, architecture, classNames) }
    let (channels, type) = (card?.imageChannels ?? 3, card?.pixelType ?? .uint8)
    guard channels == mean.count, type == pixelType else {
      throw TrainingError(
        "distillation.checkpoint: \(path) takes images of \(channels) channels of type \(type), the run's have "
          + "\(mean.count) of type \(pixelType)")
    }
    model = try withoutInitialization { try architecture.makeModel(classes: scores, inputChannels: channels) }
    let weights = try model.weights(in: content, file: path, network: name)
    let names = Set(model.namedState.map(\.name))
    do {
      // Heads that only training uses are left out.
      try model.load(weights.state.renamed { names.contains($0) ? $0 : nil })
    } catch let error as StateMismatch {
      throw TrainingError(
        "distillation.checkpoint: \(path) is not of a \(name) with \(scores) scores per pixel: \(error)")
    }
    segFormer = SegFormerTeacher(model)
    model.to(device).eval()
    for parameter in model.parameters { parameter.requiresGrad = false }
    self.precision = precision
    renormalization = card.flatMap { card in
      guard card.mean != mean || card.std != std else { return nil }
      func perChannel(_ values: [Double]) -> Tensor {
        Tensor(values.map(Float.init), shape: [1, values.count, 1, 1]).to(device: device)
      }
      return (
        scale: perChannel(std.indices.map { std[$0] / card.std[$0] }),
        shift: perChannel(std.indices.map { (mean[$0] - card.mean[$0]) / card.std[$0] })
      )
    }
  }

  /// The file that `distillation.checkpoint` names.
  static func find(_ checkpoint: String) throws -> WeightsFile {
    do {
      return try PretrainedWeights(isInterrupted: { InterruptFlag.isRaised }).find(checkpoint)
    } catch {
      throw TrainingError("distillation.checkpoint: \(error)")
    }
  }

  private static func refuseOther(
    _ card: ModelCard, name: String, path: String, _ architecture: Architecture, _ classNames: [String]
  ) throws {
    if let own = try? Architecture(name: card.model), own != architecture {
      throw TrainingError("distillation.teacher: \(path) is of \(card.model), not \(name)")
    }
    guard card.classes != classNames else { return }
    let place = zip(card.classes, classNames).first { $0 != $1 }
    let difference =
      place.map { "the teacher has '\($0.0.printable(limit: 80))' where the data has '\($0.1.printable(limit: 80))'" }
      ?? "the teacher has \(card.classes.count) classes, the data \(classNames.count)"
    throw TrainingError("distillation.checkpoint: \(path) was trained on other classes: \(difference)")
  }

  /// Keeps the classifier's input of each pass from now on.
  /// - Returns: The number of its channels.
  func watchFeatures(scores: Int) throws -> Int {
    guard let name = try model.classifierName(scores: scores), let layer = model.convolution(named: name) else {
      throw TrainingError("distillation.compare: \(model.name) has no convolution as its classifier; use logits")
    }
    layer.inputTap = InputTap { [unowned self] in features = $0 }
    return layer.inputs
  }

  /// The scores for images as the student gets them, and the classifier's input if it is watched.
  func callAsFunction(_ images: Tensor) -> (scores: ClassScores, features: Tensor?) {
    withoutGradients {
      let padded = prepared(images)
      let output = autocast(precision, device: images.device) { model(padded, heads: false) }
      defer { features = nil }
      guard padded.spatialSize != images.spatialSize else { return (output.scores, features) }
      return (ClassScores(output.logits.cropped(to: images.spatialSize)), features)
    }
  }

  /// The maps of the teacher's SegFormer, of images as the student gets them. Nothing is cropped from them: students that are
  /// aligned take no size for which the images would have to be padded.
  func alignmentMaps(of images: Tensor, by segFormer: SegFormerTeacher) -> AlignmentMaps<Tensor> {
    withoutGradients {
      let padded = prepared(images)
      return autocast(precision, device: images.device) { segFormer.maps(of: padded) }
    }
  }

  /// Features and class scores that the teacher's SegFormer makes of a joined map, its own or a student's. Gradients pass
  /// through to the map.
  func decode(_ joined: Tensor, by segFormer: SegFormerTeacher) -> (features: Tensor, scores: Tensor) {
    autocast(precision, device: joined.device) { segFormer.decode(joined) }
  }

  /// The student's images, normalized and padded for the teacher.
  private func prepared(_ images: Tensor) -> Tensor {
    guard let (scale, shift) = renormalization else { return model.padded(images) }
    return model.padded(images * scale + shift)
  }
}
