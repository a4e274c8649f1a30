import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing
import Torch

/// How the loader reads images and masks: turned, scaled, and refused.
@Suite struct ImageReadingTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var options: DataOptions {
    var options = DataOptions()
    options.workers = 0
    return options
  }

  private func batches(
    _ samples: some Collection<Sample>, _ options: DataOptions, training: Bool = false
  ) throws -> [[Float]] {
    let labels = Dataset.camVid(root: folder.path).labels
    var augmentation = AugmentationOptions()
    augmentation.cropSize = ImageSize(height: 16, width: 16)
    augmentation.scaleRange = -0.5...1
    let loader =
      training
      ? try DataLoader.training(
        samples, labels: labels, batchSize: 1, seed: 3, options: options, augmentation: augmentation)
      : try DataLoader.validation(samples, labels: labels, options: options)
    var batches: [[Float]] = []
    while let batch = try loader.next() {
      batches.append(batch.images.elements() + batch.labels.elements().map { (id: Int64) in Float(id) })
    }
    return batches
  }

  /// An upright sample, and the same as a camera that was held upright stores it.
  private func makeTurnedSample() throws -> (upright: Sample, turned: Sample) {
    let (image, mask) = (TemporaryFolder.image(3), TemporaryFolder.mask(3))
    let files = try (folder.file("a.png"), folder.file("b.png"), folder.file("mask.png"))
    try image.write(to: URL(filePath: files.0))
    try TemporaryFolder.storedForOrientation6(image).write(to: URL(filePath: files.1))
    try TemporaryFolder.setOrientation(6, ofPNGAt: files.1)
    try mask.write(to: URL(filePath: files.2))
    return (Sample(image: files.0, mask: files.2), Sample(image: files.1, mask: files.2))
  }

  @Test func turnedImagesFitUprightMasks() throws {
    let (upright, turned) = try makeTurnedSample()
    #expect(try batches([turned], options) == batches([upright], options))
    #expect(try batches([turned], options, training: true) == batches([upright], options, training: true))
  }

  @Test func storedPixelsAreLoadedIfTheOptionSaysSo() throws {
    let (_, turned) = try makeTurnedSample()
    var options = options
    options.exifOrientation = .ignore
    let error = message { _ = try batches([turned], options) }
    #expect(error?.hasSuffix("mask.png: the mask is 24x32, its image \(turned.image) is 32x24") == true)
    // A mask of the stored size fits now, and did not before.
    try TemporaryFolder.mask(3, ImageSize(height: 32, width: 24)).write(to: URL(filePath: turned.mask!))
    #expect(try batches([turned], options).count == 1)
    let applied = message { _ = try batches([turned], self.options) }
    #expect(applied?.contains("after it was turned by its EXIF orientation") == true)
    #expect(applied?.contains("set data.exif_orientation to ignore") == true)
  }

  @Test func theWhiteLevelScalesImagesOfSixteenBits() throws {
    let mask = try folder.file("mask.png")
    try Mask(height: 5, width: 7).write(to: URL(filePath: mask))
    var dataset = Dataset(name: "x", root: "", labels: Dataset.camVid(root: "").labels) { _ throws(DataError) in
      [Sample(image: TemporaryFolder.gray12, mask: mask)]
    }
    let scaled = try folder.file("scaled.png")
    try Image(contentsOf: URL(filePath: TemporaryFolder.gray12), white: 4095).write(to: URL(filePath: scaled))
    let expected = try batches([Sample(image: scaled, mask: mask)], options)
    #expect(try batches(dataset.samples(of: .train), options) != expected)
    dataset.white = 4095
    #expect(try batches(dataset.samples(of: .train), options) == expected)
  }

  /// Its name says PNG, and the map is from colors, by which JPEG files could be read.
  @Test(arguments: [false, true]) func aJPEGMaskIsNamedAsSuchByLoaderAndCheckAlike(colors: Bool) throws {
    let image = Image(height: 8, width: 8, filledWith: RGB(128, 0, 0))
    try image.write(to: URL(filePath: folder.file("images/a.png")))
    try image.write(to: URL(filePath: folder.file("masks/a.jpg")))
    let mask = try folder.file("masks/a.png")
    try FileManager.default.moveItem(atPath: folder.file("masks/a.jpg"), toPath: mask)
    let classes = [ClassInfo("rest", .black), ClassInfo("lawn", RGB(128, 0, 0))]
    let labels = LabelSet(
      classes: classes,
      encoding: colors ? .colors([.black: 0, RGB(128, 0, 0): 1], other: 0) : .values([0: 0, 1: 1]))
    let sample = Sample(image: try folder.file("images/a.png"), mask: mask)
    let dataset = Dataset(name: "x", root: folder.path, labels: labels) { split throws(DataError) in
      guard split == .train else { throw DataError("none") }
      return [sample]
    }
    let expected = "\(mask): is a JPEG, whose compression changes values; save masks as PNG"
    let loader = try DataLoader.validation([sample], labels: labels, options: options)
    #expect(message { _ = try loader.next() } == expected)
    #expect(try DataChecker(dataset).check([.train]).problems == [expected])
  }
}
