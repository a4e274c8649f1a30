import SegmentationData
import SegmentationImage
import Torch

/// The images of a split that a network predicts best and worst, by the mean IoU of each image's classes.
package struct ImageRanking {
  /// One image.
  package struct Entry {
    package let file: String
    package let score: Double
    /// The image's place in the split, which decides between equal scores.
    package let index: Int
    package let classes: Mask
    package let labels: Mask
  }

  private let limit: Int
  private let classNames: [String]
  /// The images with the lowest scores, the lowest first.
  package private(set) var worst: [Entry] = []
  /// The images with the highest scores, the highest first.
  package private(set) var best: [Entry] = []

  /// - Parameter limit: The number of best images to keep, and of worst ones.
  package init(_ limit: Int, classNames: [String]) {
    self.limit = limit
    self.classNames = classNames
  }

  /// Adds the images of a batch. An image without a labelled pixel has no score and is left out.
  package mutating func add(_ batch: Batch, classes: Tensor) {
    for (place, file) in batch.files.enumerated() {
      let labels = batch.labels.slice(place..<place + 1, dimension: 0)
      let found = classes.slice(place..<place + 1, dimension: 0).to(dtype: .int64, device: .cpu)
      let matrix = ConfusionMatrix(classes: classNames.count)
      matrix.add(predictions: found, labels: labels)
      guard let score = matrix.report(classNames: classNames).meanIoU else { continue }
      let index = batch.indices[place]
      let isAmongWorst = worst.count < limit || worst.last.map { ($0.score, $0.index) > (score, index) } == true
      let isAmongBest = best.count < limit || best.last.map { (-$0.score, $0.index) > (-score, index) } == true
      guard limit > 0, isAmongWorst || isAmongBest else { continue }
      let entry = Entry(file: file, score: score, index: index, classes: Mask(found, 0), labels: Mask(labels, 0))
      if isAmongWorst { Self.insert(entry, into: &worst, limit) { ($0.score, $0.index) < ($1.score, $1.index) } }
      if isAmongBest { Self.insert(entry, into: &best, limit) { (-$0.score, $0.index) < (-$1.score, $1.index) } }
    }
  }

  private static func insert(
    _ entry: Entry, into list: inout [Entry], _ limit: Int, by isBefore: (Entry, Entry) -> Bool
  ) {
    list.append(entry)
    list.sort(by: isBefore)
    if list.count > limit { list.removeLast() }
  }
}
