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
      var own: [Sample] = []
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
      let order = train.samples.indices.map { (mark(of: train.samples[$0]), $0) }.sorted { $0 < $1 }
      let chosen = Set(order.prefix(count).map(\.1))
      train.samples = train.samples.indices.filter { chosen.contains($0) == (split == .val) }.map { train.samples[$0] }
      return train
    }
    dataset.white = white
    return dataset
  }

  /// The same data set with the share of validation images that options ask for, if they do.
  package func splitting(by options: DataOptions) -> Dataset {
    options.validationShare.map { splitting(validationShare: $0) } ?? self
  }

  /// A text that puts images in an order that only depends on their names.
  private func mark(of sample: Sample) -> String {
    let isBelow = sample.image.hasPrefix(root + "/")
    return ContentHash.hex(of: Array((isBelow ? String(sample.image.dropFirst(root.count + 1)) : sample.image).utf8))
  }
}

extension ContentHash {
  fileprivate static func hex(of bytes: [UInt8]) -> String { bytes.withUnsafeBytes { hex(of: $0) } }
}
