import Files
import Foundation
import SegmentationData
import SegmentationImage
import SegmentationModels
import Torch

/// The results of a run's `best.pth` on the validation images: the scores, and the best and worst images.
public struct RunEvaluation: Sendable {
  /// An image, its labels and its predictions as JPEG files.
  struct Picture: Sendable {
    let name: String
    let score: Double
    let input: Data
    let label: Data
    let prediction: Data
  }

  /// The options of an evaluation.
  public struct Options: Sendable {
    /// The number of best images to keep, and of worst ones.
    public var pictures = 4
    /// The data set's folder; `nil` for the one that the run used.
    public var dataRoot: String?
    /// The device; `nil` for the one that the run used.
    public var device: String?

    /// The default options.
    public init() {}
  }

  /// The scores on the validation images.
  public let scores: EvaluationReport
  let images: Int
  let dataset: String
  let classes: [ClassInfo]
  let best: [Picture]
  let worst: [Picture]

  /// The longest side of a picture in pixels.
  private static let longestSide = 480

  /// Runs the network over the validation images, as the run's own validation does.
  /// - Parameters:
  ///   - run: The run.
  ///   - evaluation: The options.
  ///   - note: Receives a line for each thing that was done differently from what was asked for.
  /// - Throws: An error described in one line if the checkpoint or the data cannot be used.
  public init(
    of run: RunRecord, options evaluation: Options = Options(), note: @escaping (String) -> Void = { _ in }
  ) throws {
    let file = run.folder.bestCheckpoint
    let path = file.relativePath
    guard var options = run.options else {
      throw TrainingError("\(run.folder.configuration.relativePath): without the run's options it cannot be evaluated")
    }
    guard FileSystem.exists(file.path) else {
      throw TrainingError("\(path): there is no best checkpoint to evaluate; leave out --evaluate")
    }
    if let root = evaluation.dataRoot { options.data.root = root }
    let device = try Device(named: evaluation.device ?? options.device)
    let dataset = try Dataset.open(options.data)
    let samples = try dataset.samples(of: .val)
    let model = try Self.model(file, dataset: dataset, device: device)
    let batches = try DataLoader.validation(
      samples, labels: dataset.labels, batchSize: options.validation.batchSize, options: options.data,
      augmentation: options.augmentation, channelsLast: true)

    var ranking = ImageRanking(evaluation.pictures, classNames: dataset.labels.names)
    var count = 0
    var evaluator = Evaluator(device: device, precision: options.amp)
    evaluator.inference = options.validation.inference
    evaluator.metrics = options.validation.metrics
    evaluator.absentClasses = options.validation.absentClasses
    evaluator.note = note
    evaluator.watch = { batch, found in
      count += batch.count
      ranking.add(batch, classes: found.classes)
    }
    guard let scores = try evaluator.evaluate(model, on: batches, classNames: dataset.labels.names) else {
      preconditionFailure("nothing interrupts this evaluation")
    }
    self.scores = scores
    images = count
    self.dataset = dataset.name
    classes = dataset.labels.classes
    func pictures(_ entries: [ImageRanking.Entry]) throws -> [Picture] {
      try entries.map {
        try Self.picture($0, samples[$0.index], dataset.labels.palette, options.data)
      }
    }
    best = try pictures(ranking.best)
    worst = try pictures(ranking.worst)
  }

  /// Loads the network from a checkpoint that `rtseg train` wrote.
  private static func model(_ file: URL, dataset: Dataset, device: Device) throws -> SegmentationModel {
    let checkpoint = try NetworkCheckpoint(contentsOf: file)
    if let card = checkpoint.card, card.classes != dataset.labels.names {
      throw TrainingError(
        "\(file.relativePath): the network knows \(card.classes.count) classes that are not those of \(dataset.name), which "
          + "has \(dataset.labels.names.count): evaluate it on the data that it was trained on")
    }
    return try checkpoint.makeModel().to(device)
  }

  private static func picture(
    _ entry: ImageRanking.Entry, _ sample: Sample, _ palette: Palette, _ data: DataOptions
  ) throws -> Picture {
    let image = try data.picture(of: sample)
    let small = image.resized(to: image.size.shrunk(to: longestSide))
    func drawn(_ mask: Mask) throws -> Data {
      try small.overlaid(with: mask.resized(to: small.size), palette: palette, alpha: 0.6).jpeg()
    }
    return Picture(
      name: String(entry.file.split(separator: "/").last ?? "image"), score: entry.score, input: try small.jpeg(),
      label: try drawn(entry.labels), prediction: try drawn(entry.classes))
  }
}
