import Files
import Foundation
import SegmentationData
import SegmentationExchange
import SegmentationImage
import SegmentationTraining
import Torch

/// The mean IoU of an exported file beside that of the network, on the images that have masks.
struct VerificationScores {
  private let dataset: Dataset
  /// The samples of the data set by their images.
  private let samples: [FileIdentity: Sample]

  /// - Parameters:
  ///   - dataset: The data set's name.
  ///   - root: The data set's folder; a card may do without.
  init(dataset: String, root: String?) throws {
    self.dataset = try Dataset.open(kind: dataset, root: root ?? "")
    var samples: [FileIdentity: Sample] = [:]
    for split in Split.allCases {
      // A data set need not have all splits.
      for sample in (try? self.dataset.samples(of: split)) ?? [] where sample.hasLabels {
        if let identity = FileSystem.identity(of: sample.image) { samples[identity] = sample }
      }
    }
    self.samples = samples
  }

  /// A line with both means; nil if no image has a mask.
  /// - Parameters:
  ///   - files: The images' files.
  ///   - classes: For each image, the classes that the file finds and those that the network finds.
  func line(_ files: [String], _ classes: [(found: Mask, expected: Mask)]) throws -> String? {
    let pairs = zip(files, classes).compactMap { file, classes in
      FileSystem.identity(of: file).flatMap { samples[$0] }.map { (sample: $0, classes: classes) }
    }
    if pairs.isEmpty { return nil }
    let batches = try DataLoader.validation(pairs.map(\.sample), labels: dataset.labels, options: DataOptions())
    let count = dataset.labels.names.count
    let (found, expected) = (ConfusionMatrix(classes: count), ConfusionMatrix(classes: count))
    while let batch = try batches.next() {
      let size = batch.labels.spatialSize
      let classes = pairs[batch.indices[0]].classes
      try catchingTorchErrors {
        func tensor(_ mask: Mask) -> Tensor {
          Tensor(mask.resized(to: size).values, shape: batch.labels.shape).to(dtype: .int64)
        }
        found.add(predictions: tensor(classes.found), labels: batch.labels)
        expected.add(predictions: tensor(classes.expected), labels: batch.labels)
      }
    }
    let means = [found, expected].map { $0.report(classNames: dataset.labels.names).meanIoU ?? 0 }
    return String(
      format: "mean IoU of %d images with masks: %.4f, the network's %.4f", pairs.count, means[0], means[1])
  }
}
