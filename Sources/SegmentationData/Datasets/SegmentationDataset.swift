import SegmentationImage

/// A data set of a program's own: images and labels that it draws, computes, or reads from files of any form.
///
/// `Dataset(_:)` makes a `Dataset` of it, which trainers, loaders and checks take. Its samples are asked for one at a time,
/// by several threads at once, and again in each epoch; the same index must always give the same sample.
public protocol SegmentationDataset: Sendable {
  /// The name in messages and in the files of a run.
  var name: String { get }
  /// The classes; a label is the place of its class in this list.
  var classes: [ClassInfo] { get }

  /// The number of samples that a split has; 0 for a split that does not exist.
  func count(of split: Split) -> Int

  /// A sample of a split.
  /// - Parameter index: From 0 up to `count(of:)`.
  func sample(_ index: Int, of split: Split) throws -> LabelledImage

  /// The size of a sample. Unless a data set has something faster, the sample is made for it.
  func size(of index: Int, in split: Split) throws -> ImageSize
}

extension SegmentationDataset {
  /// The size of the sample, which is made for it.
  public func size(of index: Int, in split: Split) throws -> ImageSize { try sample(index, of: split).image.size }
}

/// An image, and the class of each of its pixels.
public struct LabelledImage: Sendable {
  /// The image that the network sees.
  public var image: Image
  /// The class of each pixel by its place in the list of classes; `LabelSet.ignored` (255) for pixels that do not count.
  /// The size is that of the image.
  public var labels: Mask

  /// Puts an image and its labels together. They must have the same size.
  public init(image: Image, labels: Mask) {
    self.image = image
    self.labels = labels
  }
}

extension Dataset {
  /// A data set of a program's own. Its samples are named `train/0`, `train/1` and so on.
  public init(_ source: some SegmentationDataset) {
    let labels = LabelSet(
      classes: source.classes,
      encoding: .values(
        Dictionary(
          uniqueKeysWithValues: (source.classes.indices.prefix(Int(LabelSet.ignored)).map { UInt8($0) }
            + [LabelSet.ignored]).map { (UInt16($0), $0) })))
    self.init(name: source.name, root: "", labels: labels) { split throws(DataError) -> SplitListing in
      let classes = source.classes.count
      guard (1...Int(LabelSet.ignored)).contains(classes) else {
        throw DataError("\(source.name): expected 1 to \(LabelSet.ignored) classes, found \(classes)")
      }
      let samples = Samples(count: source.count(of: split)) { index in
        Sample(
          name: "\(split.rawValue)/\(index)",
          maker: SampleMaker(
            size: { try source.size(of: index, in: split) }, content: { try source.sample(index, of: split) }))
      }
      return SplitListing(samples: samples)
    }
  }
}
