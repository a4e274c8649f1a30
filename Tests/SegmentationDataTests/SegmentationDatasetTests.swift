import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

/// A data set that is in no file, beside the same images in files.
@Suite struct SegmentationDatasetTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The images and masks of `TemporaryFolder.makeCamVid`, drawn when they are asked for.
  private struct Drawn: SegmentationDataset {
    var name = "drawn"
    var classes = LabelSet.camVid.classes
    var counts = [Split.train: 6]
    var size: @Sendable (Int) -> ImageSize = { _ in ImageSize(height: 24, width: 32) }
    var change: @Sendable (inout LabelledImage, Int) throws -> Void = { _, _ in }

    func count(of split: Split) -> Int { counts[split] ?? 0 }

    func sample(_ index: Int, of split: Split) throws -> LabelledImage {
      var sample = LabelledImage(
        image: TemporaryFolder.image(index, size(index)), labels: TemporaryFolder.mask(index, size(index)))
      try change(&sample, index)
      return sample
    }
  }

  private var options: DataOptions {
    var options = DataOptions()
    options.cacheFolder = folder.path + "/cache"
    return options
  }

  private func batches(_ loader: DataLoader) throws -> [[[Float]]] {
    var found: [[[Float]]] = []
    while let batch = try loader.next() {
      found.append([batch.images.elements(), batch.labels.elements(Int64.self).map(Float.init)])
    }
    return found
  }

  @Test func `samples that are drawn train like the same samples in files, with all that is done to them`() throws {
    try folder.makeCamVid(count: 6)
    var augmentation = AugmentationOptions()
    augmentation.cropSize = ImageSize(height: 16, width: 24)
    augmentation.scaleRange = -0.2...0.4
    augmentation.brightness = 0.3
    augmentation.mosaic = Mosaic()
    augmentation.copyPaste = CopyPaste()
    var options = options
    options.rareClassSampling = RareClassSampling()
    let all = try [.camVid(root: folder.path), Dataset(Drawn())].map { dataset in
      try batches(
        .training(
          dataset.samples(of: .train), labels: dataset.labels, batchSize: 3, seed: 5, options: options,
          augmentation: augmentation))
    }
    #expect(all[0].count == 2 && all[0] == all[1])
  }

  @Test func `validation takes samples of all sizes`() throws {
    let sizes: @Sendable (Int) -> ImageSize = { ImageSize(height: 16 + 8 * ($0 / 2), width: 32) }
    try folder.makeCamVid("val", count: 4, size: sizes)
    let all = try [.camVid(root: folder.path), Dataset(Drawn(counts: [.val: 4], size: sizes))].map { dataset in
      try batches(
        .validation(dataset.samples(of: .val), labels: dataset.labels, batchSize: 2, options: options))
    }
    #expect(all[0].count == 2 && all[0] == all[1])
  }

  @Test func `the check counts what is drawn`() throws {
    try folder.makeCamVid(count: 6)
    let reports = try [Dataset.camVid(root: folder.path), Dataset(Drawn())].map {
      try DataChecker($0).check([.train]).splits[0]
    }
    #expect(reports[0].classes == reports[1].classes && reports[0].sizes == reports[1].sizes)
    #expect(reports[0].mean == reports[1].mean && reports[1].badFiles.isEmpty)
  }

  @Test func `a part of the samples can validate, and their names tell which`() throws {
    let dataset = Dataset(Drawn(counts: [.train: 10])).splitting(validationShare: 0.2)
    let names = try [Split.train, .val].map { try dataset.samples(of: $0).map(\.image) }
    #expect(names.map(\.count) == [8, 2])
    #expect(Set(names.joined()) == Set((0..<10).map { "train/\($0)" }))
    #expect(try dataset.sharedFiles(between: [.train, .val]).isEmpty)
  }

  @Test func `the fingerprint with contents tells drawings apart`() throws {
    func prints(_ drawn: Drawn) throws -> [String] {
      try [false, true].map { try Dataset(drawn).fingerprint(of: [.train], contents: $0) }
    }
    let same = try prints(Drawn())
    let other = try prints(Drawn(change: { sample, index in if index == 5 { sample.labels[0, 0] = 9 } }))
    #expect(try same == prints(Drawn()))
    #expect(same[0] == other[0] && same[1] != other[1])
  }

  @Test func `what is drawn wrongly is refused in one line that names the sample`() throws {
    struct Failure: Error, CustomStringConvertible { let description = "the microscope is off" }
    func refusal(_ drawn: Drawn) -> String? {
      message {
        let dataset = Dataset(drawn)
        _ = try DataLoader.validation(
          dataset.samples(of: .train), labels: dataset.labels, batchSize: 6, options: options
        ).next()
      }
    }
    #expect(
      refusal(Drawn(change: { sample, index in if index == 2 { sample.labels[3, 1] = 77 } }))?.hasPrefix(
        "train/2: value 77 at (3, 1) stands for no class; allowed are 0-10, 255") == true)
    #expect(
      refusal(Drawn(change: { sample, _ in sample.labels = Mask(height: 4, width: 4) }))
        == "train/0: the image is 24x32, its labels are 4x4")
    #expect(
      refusal(Drawn(change: { _, index in if index == 3 { throw Failure() } })) == "train/3: the microscope is off")
    #expect(refusal(Drawn(classes: []))?.contains("drawn: expected 1 to 255 classes, found 0") == true)
    #expect(refusal(Drawn(counts: [:]))?.contains("split 'train' of drawn has no images") == true)
  }
}
