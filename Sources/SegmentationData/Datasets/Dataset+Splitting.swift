import Files
import Foundation

extension Dataset {
  /// The same data set with validation images taken from its training images.
  ///
  /// The choice depends only on the images' names below the root, not on their order, the machine or a seed. Images are
  /// taken evenly, so pictures of one scene may come to both sides; data from videos is better split by hand.
  /// - Parameter validationShare: The share of the training images to take, above 0 and below 1. At least one image is
  ///   taken and one is left.
  /// - Returns: A data set that throws when samples are asked for if it has a split 'val' of its own.
  public func splitting(validationShare: Double) -> Dataset {
    var dataset = Dataset(name: name, root: root, labels: labels) { split throws(DataError) -> SplitListing in
      if split == .test { return try listing(of: .test) }
      var own: Samples = []
      do { own = try listing(of: .val).samples } catch {}
      guard own.isEmpty else {
        throw DataError(
          "data.validation_share takes validation images from train, but \(name) has a split 'val' of its own: "
            + "leave data.validation_share out")
      }
      var train = try listing(of: .train)
      guard train.samples.count >= 2 else {
        throw DataError("data.validation_share needs at least 2 images in train, found \(train.samples.count)")
      }
      let count = min(max(1, Int((Double(train.samples.count) * validationShare).rounded())), train.samples.count - 1)
      let samples = train.samples
      let order = samples.indices.map { (mark: mark(of: samples[$0]), index: $0) }
        .sorted { ($0.mark, $0.index) < ($1.mark, $1.index) }
      var isChosen = [Bool](repeating: false, count: samples.count)
      for (_, index) in order.prefix(count) { isChosen[index] = true }
      train.samples = samples.choosing(samples.indices.filter { isChosen[$0] == (split == .val) })
      return train
    }
    dataset.white = white
    return dataset
  }

  /// The same data set with the share of validation images that options ask for, if they do.
  package func splitting(by options: DataOptions) -> Dataset {
    options.validationShare.map { splitting(validationShare: $0) } ?? self
  }

  /// A hash that puts images in an order that only depends on their names.
  private func mark(of sample: Sample) -> ContentDigest {
    let isBelow = sample.image.hasPrefix(root + "/")
    var name = isBelow ? String(sample.image.dropFirst(root.count + 1)) : sample.image
    return name.withUTF8 { ContentHash.digest(of: UnsafeRawBufferPointer($0)) }
  }
}
