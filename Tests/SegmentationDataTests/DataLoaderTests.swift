import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing
import Torch

@Suite struct DataLoaderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A batch's content, comparable.
  struct Content: Equatable {
    let images: [Float]
    let labels: [Int64]
    let indices: [Int]

    init(_ batch: Batch) {
      images = batch.images.elements()
      labels = batch.labels.elements()
      indices = batch.indices
    }
  }

  private func options(workers: Int = 2, skip: Bool = false) -> DataOptions {
    var options = DataOptions()
    options.workers = workers
    options.skipBadFiles = skip
    return options
  }

  private var skippingValidation: DataOptions {
    var options = options()
    options.skipBadValidationFiles = true
    return options
  }

  private var augmentation: AugmentationOptions {
    var options = AugmentationOptions()
    options.cropSize = ImageSize(height: 16, width: 24)
    options.scaleRange = -0.5...1
    (options.brightness, options.contrast, options.saturation, options.hue) = (0.4, 0.4, 0.4, 0.2)
    options.verticalFlip = 0.5
    return options
  }

  private func training(batchSize: Int = 4, _ options: DataOptions, channelsLast: Bool = false) throws -> DataLoader {
    let dataset = Dataset.camVid(root: folder.path)
    return try DataLoader.training(
      dataset.samples(of: .train), labels: dataset.labels, batchSize: batchSize, seed: 11, options: options,
      augmentation: augmentation, channelsLast: channelsLast)
  }

  private func epoch(_ loader: DataLoader) throws -> [Content] {
    var contents: [Content] = []
    while let batch = try loader.next() { contents.append(Content(batch)) }
    return contents
  }

  @Test func batchesDoNotDependOnTheNumberOfWorkers() throws {
    try folder.makeCamVid(count: 11)
    let reference = try training(options(workers: 0))
    let expected = [try epoch(reference), try epoch(reference)]
    #expect(expected[0].count == 2)  // 11 samples, the last 3 dropped
    #expect(Set(expected[0].flatMap(\.indices)).count == 8)
    #expect(expected[0] != expected[1])
    for workers in [1, 3] {
      let loader = try training(options(workers: workers))
      for epoch in 0..<2 { #expect(try self.epoch(loader) == expected[epoch]) }
      #expect(try loader.batchesPerEpoch() == 2)
    }
  }

  @Test(arguments: [2, 4])
  func `the parts of several processes make up the batches of one`(count: Int) throws {
    try folder.makeCamVid(count: 11)
    let whole = try training(options())
    let parts = try (0..<count).map { rank in
      let loader = try training(options())
      try loader.shard(rank, of: count)
      return loader
    }
    #expect(try parts.allSatisfy { try $0.batchesPerEpoch() == 2 })
    for _ in 0..<2 {
      let expected = try epoch(whole)
      let found = try parts.map { try epoch($0) }
      for (number, batch) in expected.enumerated() {
        #expect(found.flatMap { $0[number].images } == batch.images)
        #expect(found.flatMap { $0[number].labels } == batch.labels)
        #expect(found.flatMap { $0[number].indices } == batch.indices)
      }
    }
    #expect {
      try training(options()).shard(0, of: 3)
    } throws: {
      "\($0)".contains("batch_size: expected a multiple of 3")
    }
  }

  @Test func `each validation image is in the part of one process`() throws {
    try folder.makeCamVid("val", count: 7)
    let dataset = Dataset.camVid(root: folder.path)
    let found = try (0..<3).map { rank in
      let loader = try DataLoader.validation(
        dataset.samples(of: .val), labels: dataset.labels, batchSize: 2, options: options())
      try loader.shard(rank, of: 3)
      return try epoch(loader).map(\.indices)
    }
    #expect(found == [[[0, 1], [6]], [[2, 3]], [[4, 5]]])
  }

  @Test func continuesWhereItStopped() throws {
    try folder.makeCamVid(count: 12)
    let loader = try training(options())
    var all: [Content] = []
    for _ in 0..<3 { all += try epoch(loader) }
    let second = try training(options())
    second.seek(to: LoaderPosition(epoch: 1, batch: 2))
    #expect(Content(try #require(try second.next())) == all[5])
    #expect(second.position == LoaderPosition(epoch: 1, batch: 3))
    #expect(try second.next() == nil)
    #expect(second.position == LoaderPosition(epoch: 2, batch: 0))
    #expect(Content(try #require(try second.next())) == all[6])
    second.seek(to: LoaderPosition(epoch: 0, batch: 1))
    #expect(Content(try #require(try second.next())) == all[1])
    let saved = try JSONEncoder().encode(second.position)
    #expect(try JSONDecoder().decode(LoaderPosition.self, from: saved) == second.position)
  }

  @Test func channelsLastHoldsTheSameValues() throws {
    try folder.makeCamVid(count: 4)
    let (planar, interleaved) = (try training(options()), try training(options(), channelsLast: true))
    let (first, second) = (try #require(try planar.next()), try #require(try interleaved.next()))
    #expect(first.images.shape == [4, 3, 16, 24])
    #expect(second.images.shape == [4, 3, 16, 24])
    #expect(first.images.isContiguous())
    #expect(second.images.isContiguous(.channelsLast) && !second.images.isContiguous())
    #expect(Content(first) == Content(second))
  }

  @Test func validationKeepsImagesAsTheyAre() throws {
    try folder.makeCamVid("val", count: 3)
    let dataset = Dataset.camVid(root: folder.path)
    let loader = try DataLoader.validation(
      dataset.samples(of: .val), labels: dataset.labels, batchSize: 2, options: options())
    let (first, second) = (try #require(try loader.next()), try #require(try loader.next()))
    #expect(try loader.next() == nil)
    #expect(first.images.shape == [2, 3, 24, 32] && second.images.shape == [1, 3, 24, 32])
    #expect(first.labels.shape == [2, 24, 32])
    #expect(first.indices == [0, 1] && second.indices == [2])
    #expect(second.files == [folder.path + "/val/002.png"])
    let labels: [Int64] = second.labels.elements()
    #expect(labels == TemporaryFolder.mask(2).values.map { Int64($0) })
    let values: [Float] = second.images.elements()
    // (np.array([2, 8 * 5, 8 * 3]) / 255 - mean) / std at x = 5, y = 3
    for (channel, expected) in [(0, -2.0836544), (1, -1.3354342), (2, -1.3861438)] as [(Int, Float)] {
      #expect(abs(values[channel * 24 * 32 + 3 * 32 + 5] - expected) < 1e-5)
    }
    #expect(try epoch(loader).count == 2)  // the next epoch
  }

  @Test func sizesDoNotMix() throws {
    try folder.makeCamVid("val", count: 5) { $0 < 2 ? ImageSize("24x32")! : ImageSize("16x8")! }
    let dataset = Dataset.camVid(root: folder.path)
    let loader = try DataLoader.validation(
      dataset.samples(of: .val), labels: dataset.labels, batchSize: 4, options: options())
    #expect(try loader.batchesPerEpoch() == 2)
    #expect(try epoch(loader).map(\.indices) == [[0, 1], [2, 3, 4]])
  }

  @Test func evaluationScaleLeavesLabels() throws {
    try folder.makeCamVid("val", count: 1)
    let dataset = Dataset.camVid(root: folder.path)
    var augmentation = AugmentationOptions()
    augmentation.scale = 0.5
    let loader = try DataLoader.validation(
      dataset.samples(of: .val), labels: dataset.labels, options: options(), augmentation: augmentation)
    let batch = try #require(try loader.next())
    #expect(batch.images.shape == [1, 3, 12, 16] && batch.labels.shape == [1, 24, 32])
  }

  private func message(_ loader: DataLoader) -> String {
    do { while try loader.next() != nil {} } catch { return "\(error)" }
    return "no error"
  }

  @Test(arguments: [0, 2]) func errorsNameTheFile(workers: Int) throws {
    try folder.makeCamVid(count: 4)
    let image = folder.path + "/train/002.png"
    let whole = try Data(contentsOf: URL(filePath: image))
    try whole.prefix(whole.count / 2).write(to: URL(filePath: image))
    // Half a file may hold the rows of a small crop: the whole image is needed here.
    let dataset = Dataset.camVid(root: folder.path)
    func validation() throws -> DataLoader {
      try .validation(dataset.samples(of: .train), labels: dataset.labels, options: options(workers: workers))
    }
    #expect(message(try validation()).hasPrefix("\(image): "))

    try whole.write(to: URL(filePath: image))
    var mask = TemporaryFolder.mask(2)
    mask[7, 20] = 37
    let maskFile = URL(filePath: folder.path + "/trainannot/002.png")
    try mask.write(to: maskFile)
    #expect(
      message(try validation())
        == "\(maskFile.path): value 37 at (7, 20) stands for no class; allowed are 0-11 "
        + "('rtseg data check' lists all values and proposes a map)")
    try TemporaryFolder.mask(2, ImageSize("24x30")!).write(to: maskFile)
    #expect(message(try validation()) == "\(maskFile.path): the mask is 24x30, its image \(image) is 24x32")
    try TemporaryFolder.image(2).write(to: maskFile)
    #expect(
      message(try validation()).hasPrefix("\(maskFile.path): color #020000 at (0, 0), but this data set maps gray"))
  }

  @Test func badFilesAreSkippedAndCounted() throws {
    try folder.makeCamVid(count: 8)
    for name in ["train/003.png", "trainannot/006.png"] { try folder.write("junk", to: name) }
    let expected = try epoch(training(options(workers: 0, skip: true)))
    #expect(expected.map(\.indices.count) == [4, 4])
    #expect(expected.flatMap(\.indices).sorted() == [0, 1, 2, 4, 4, 5, 7, 7])  // the next good one takes the place
    let loader = try training(options(workers: 3, skip: true))
    #expect(try epoch(loader) == expected)
    #expect(loader.skippedFiles == ["train/003.png", "train/006.png"].map { "\(folder.path)/\($0)" })
    #expect(message(try training(options())).contains("junk") == false)
    #expect(message(try training(options())).hasSuffix("no PNG, JPEG, TIFF, WebP or BMP file"))
  }

  @Test func badFilesInValidationCountForNothing() throws {
    try folder.makeCamVid("val", count: 3)
    try folder.write("junk", to: "val/000.png")
    try folder.write("junk", to: "valannot/002.png")
    let dataset = Dataset.camVid(root: folder.path)
    let loader = try DataLoader.validation(
      dataset.samples(of: .val), labels: dataset.labels, batchSize: 2, options: skippingValidation)
    let contents = try epoch(loader)
    #expect(contents.map(\.indices) == [[1, 2]])
    #expect(contents[0].labels.suffix(24 * 32).allSatisfy { $0 == 255 })
    #expect(loader.skippedFiles.count == 2)
    #expect(
      loader.leftOut.allSatisfy { $0.reason.hasSuffix("no PNG, JPEG, TIFF, WebP or BMP file") }, "\(loader.leftOut)")
    // Files that may be left out of training may not be left out of validation.
    let strict = try DataLoader.validation(
      dataset.samples(of: .val), labels: dataset.labels, options: options(skip: true))
    #expect(message(strict).hasSuffix("no PNG, JPEG, TIFF, WebP or BMP file"))
  }

  @Test(arguments: [(["val/000.png", "valannot/001.png"]), (["val/000.png", "val/001.png"])])
  func aSplitOfBadFilesAloneFails(files: [String]) throws {
    try folder.makeCamVid("val", count: 2)
    for file in files { try folder.write("junk", to: file) }
    let dataset = Dataset.camVid(root: folder.path)
    let loader = try DataLoader.validation(
      dataset.samples(of: .val), labels: dataset.labels, options: skippingValidation)
    #expect(message(loader).hasPrefix("none of the 2 images can be read, the first because: "))
  }

  @Test func colorMasksAreMapped() throws {
    let palette = Palette([RGB(128, 64, 128), RGB(0, 128, 0), RGB(9, 9, 9)])
    let mask = TemporaryFolder.mask(0, classes: 3)
    try TemporaryFolder.image(0).write(to: URL(filePath: folder.file("images/a.png")))
    try mask.colored(by: palette).write(to: URL(filePath: folder.file("masks/a.png")))
    try mask.write(to: URL(filePath: folder.file("indexed/a.png")), palette: palette)
    func labels(_ masks: String, other: UInt8?) throws -> [Int64] {
      let set = LabelSet(
        classes: [ClassInfo("path", palette[0]), ClassInfo("lawn", palette[1])],
        encoding: .colors([palette[0]: 0, palette[1]: 1], other: other))
      let sample = Sample(image: folder.path + "/images/a.png", mask: "\(folder.path)/\(masks)/a.png")
      let loader = try DataLoader.validation([sample], labels: set, options: options())
      return try #require(try loader.next()).labels.elements()
    }
    for masks in ["masks", "indexed"] {
      #expect(try labels(masks, other: 255) == mask.values.map { $0 == 2 ? 255 : Int64($0) })
      let error = #expect(throws: DataError.self) { try labels(masks, other: nil) }
      #expect(
        error?.description.contains("color #090909 at (16, 0) stands for no class; allowed are #008000, #804080")
          == true)
    }
  }

  /// The mask in gray has 5x7 values from 0 to 4095, and that in JPEG has two halves.
  @Test func wideMasksAndJPEGMasksBecomeLabels() throws {
    let classes = [ClassInfo("low", .black), ClassInfo("high", RGB(9, 9, 9))]
    func labels(_ image: Image, _ mask: String, _ set: LabelSet) throws -> [Int64] {
      try image.write(to: URL(filePath: folder.file("images/\(mask).png")))
      let sample = Sample(image: folder.path + "/images/\(mask).png", mask: "\(folder.path)/masks/\(mask)")
      let loader = try DataLoader.validation([sample], labels: set, options: options())
      return try #require(try loader.next()).labels.elements()
    }
    try FileManager.default.copyItem(atPath: TemporaryFolder.gray12, toPath: folder.file("masks/wide.png"))
    let small = Image(height: 5, width: 7)
    let wide = LabelSet(classes: classes, encoding: .values([0: 0, 4095: 1, 2048: 255]), tolerance: 1500)
    let values = try labels(small, "wide.png", wide)
    #expect(values.prefix(7) == [0, 0, 0, 0, 0, 0, 0] && values.suffix(2) == [1, 1] && values[17] == 255)
    let exact = LabelSet(classes: classes, encoding: .values([0: 0, 4095: 1]))
    let error = #expect(throws: DataError.self) { try labels(small, "wide.png", exact) }
    #expect(
      error?.description.contains("wide.png: value 120 at (1, 0) stands for no class; allowed are 0, 4095 (") == true)
    let halves = Image(height: 16, width: 32, pixels: (0..<1536).map { $0 % 96 < 48 ? 0 : 255 })
    try halves.write(to: URL(filePath: folder.file("masks/halves.jpg")))
    let jpeg = LabelSet(classes: classes, encoding: .values([0: 0, 255: 1]), tolerance: 127)
    #expect(try labels(halves, "halves.jpg", jpeg) == (0..<512).map { $0 % 32 < 16 ? 0 : 1 })
  }

  @Test func refusesWhatCannotWork() throws {
    try folder.makeCamVid(count: 2)
    #expect(throws: DataError.self) { try training(batchSize: 3, options()) }
    var wrong = options()
    wrong.prefetch = 0
    let error = #expect(throws: DataError.self) { try training(batchSize: 2, wrong) }
    #expect(error?.description == "data.prefetch: expected 1 to 64, found 0")
  }

  @Test func waitingIsMeasured() throws {
    try folder.makeCamVid(count: 8)
    let loader = try training(options(workers: 0))
    _ = try loader.next()
    #expect(loader.waitTime > .zero)
  }

  /// Padding is (114, 114, 114) and ignored whatever the raw values mean.
  @Test func padsWithGrayAndIgnored() throws {
    try folder.makeCamVid(count: 1)
    let dataset = Dataset.camVid(root: folder.path)
    var augmentation = AugmentationOptions()
    augmentation.cropSize = ImageSize(height: 40, width: 40)
    augmentation.horizontalFlip = 0
    (augmentation.mean, augmentation.std) = ([0, 0, 0], [1, 1, 1])
    let loader = try DataLoader.training(
      dataset.samples(of: .train), labels: dataset.labels, batchSize: 1, seed: 0, options: options(),
      augmentation: augmentation)
    let batch = try #require(try loader.next())
    let (images, labels): ([Float], [Int64]) = (batch.images.elements(), batch.labels.elements())
    // 24x32 in 40x40: 8 rows above and below, 4 columns left and right.
    for (x, y, inside) in [
      (0, 0, false), (3, 20, false), (4, 8, true), (35, 31, true), (36, 31, false), (20, 32, false),
    ] {
      #expect((labels[y * 40 + x] == 255) == !inside)
      #expect((images[y * 40 + x] == Float(114.0 / 255)) == !inside)
    }
    #expect(labels[8 * 40 + 4] == 0)
  }
}
