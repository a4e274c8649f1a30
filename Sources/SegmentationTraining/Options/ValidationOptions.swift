import Basics
import Foundation
import SegmentationData
import SegmentationImage
import SegmentationModels
import Torch

/// These options set how and when a run scores the network on the validation images.
public struct ValidationOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// Whether the network is scored at all. Set it to false for data without validation images: no `best.pth` is
  /// written then, and `last.pth` is the result.
  public var enabled = true
  /// The number of epochs from one validation to the next. The last epoch is always validated.
  public var interval = 1
  /// The first epoch that is validated, counted from 1.
  public var beginEpoch = 1
  /// The number of images per step. More than 1 only helps if images have one size.
  public var batchSize = 1
  /// Metrics to compute besides those of the confusion matrix: boundary_iou and calibration_error. They take more
  /// time.
  public var metrics: [String] = []
  /// The score that decides which epoch's weights become `best.pth`, such as mean_iou, mean_dice or boundary_iou.
  public var monitor = "mean_iou"
  /// The way in which means over the classes treat classes without labelled pixels.
  public var absentClasses = AbsentClasses.skip
  /// The factors by which images are resized before the network sees them. With several, the probabilities are
  /// averaged, which scores better and takes longer.
  public var scales = [1.0]
  /// Whether each image is also labelled mirrored from left to right, and the probabilities of both are averaged.
  public var flip = false
  /// The size of overlapping tiles in which images are labelled, `HEIGHTxWIDTH` in pixels. If this is null, the
  /// network sees each image as a whole.
  public var tile: ImageSize?
  /// The share of a tile's side that neighbouring tiles have in common.
  public var overlap = 0.25
  /// The weight of each pixel of a tile where tiles overlap.
  public var blend = InferenceProtocol.Blend.gaussian

  /// Creates the default options.
  public init() {}

  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
  public func validate() throws {
    try require(interval, in: 1...OptionLimits.epochs, "interval")
    try require(beginEpoch, in: 1...OptionLimits.epochs, "beginEpoch")
    try require(batchSize, in: 1...OptionLimits.batch, "batchSize")
    do { try MetricSet.check(metrics) } catch { throw InvalidOption("metrics", "\(error)") }
    do { try MetricSet.checkScore(monitor, metrics: metrics) } catch { throw InvalidOption("monitor", "\(error)") }
    try require(
      (1...20).contains(scales.count) && scales.allSatisfy { (0.1...8).contains($0) }, "scales",
      "1 to 20 factors from 0.1 to 8", found: scales)
    try require(Set(scales).count == scales.count, "scales", "each factor once", found: scales)
    try require(overlap, in: 0...0.9, "overlap")
    if let tile {
      let sides = 16...16384
      try require(
        sides.contains(tile.height) && sides.contains(tile.width), "tile", "sides from 16 to 16384", found: tile)
    }
  }

  /// Whether the network is scored after an epoch, counted from 1, of a run of so many.
  func isDue(after epoch: Int, of epochs: Int) -> Bool {
    enabled && (epoch == epochs || (epoch >= beginEpoch && (epoch - beginEpoch) % interval == 0))
  }

  /// How the network is applied to each image.
  public var inference: InferenceProtocol {
    InferenceProtocol(
      scales: scales, flip: flip, tile: tile, overlap: overlap, blend: blend)
  }

  /// The score that decides which weights are the best.
  var monitoredScore: ScoreKind { MetricSet.score(monitor) ?? ConfusionMatrix.scores[0] }

  /// Makes sure that no image is smaller than a tile, from the files' headers. Images that cannot be read are left to the
  /// loader.
  /// - Parameters:
  ///   - scale: The factor of `augmentation.scale`, which comes before tiles.
  ///   - option: The option's name for messages, such as `validation.tile`.
  /// - Throws: `TrainingError` with the first image that is smaller.
  public func refuseTileLargerThanImages(
    _ samples: Samples, scale: Double, orientation: ExifOrientation, option: String
  ) throws {
    guard tile != nil else { return }
    for sample in samples {
      guard let size = try? sample.size(orientation: orientation) else { continue }
      let scaled = ImageSize(
        height: max(1, Int((Double(size.height) * scale).rounded())),
        width: max(1, Int((Double(size.width) * scale).rounded())))
      guard let obstacle = inference.obstacle(for: scaled) else { continue }
      throw TrainingError("\(option): \(sample.image): \(obstacle); choose a smaller tile, or leave it out")
    }
  }
}
