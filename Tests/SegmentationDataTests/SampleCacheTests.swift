import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

@Suite struct SampleCacheTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func options(_ cache: DataOptions.CacheKind, _ change: (inout DataOptions) -> Void = { _ in }) -> DataOptions
  {
    var options = DataOptions()
    options.cache = cache
    options.cacheFolder = folder.path + "/cache"
    change(&options)
    return options
  }

  private var entries: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/cache/samples")) ?? []).filter {
      $0.hasSuffix(".pixels")
    }.sorted()
  }

  private func entry(_ name: String) -> URL { URL(filePath: "\(folder.path)/cache/samples/\(name)") }

  /// JPEG and PNG images, a turned one among them, with masks told by color.
  private func makeSamples() throws -> (samples: [Sample], labels: LabelSet) {
    let palette = Palette((0..<11).map { RGB(UInt8(20 * $0), 10, 3) })
    var samples: [Sample] = []
    for number in 0..<6 {
      let image = try folder.file("images/\(number).\(number % 2 == 0 ? "png" : "jpg")")
      let mask = try folder.file("masks/\(number).png")
      if number == 4 {
        let shown = TemporaryFolder.image(number)
        try TemporaryFolder.storedForOrientation6(shown).write(to: URL(filePath: image))
        try TemporaryFolder.setOrientation(6, ofPNGAt: image)
      } else {
        try TemporaryFolder.image(number * 40).write(to: URL(filePath: image))
      }
      try TemporaryFolder.mask(number).colored(by: palette).write(to: URL(filePath: mask))
      samples.append(Sample(image: image, mask: mask))
    }
    let map = Dictionary(uniqueKeysWithValues: palette.colors.enumerated().map { ($1, UInt8($0)) })
    let classes = palette.colors.enumerated().map { ClassInfo("class \($0)", $1) }
    return (samples, LabelSet(classes: classes, encoding: .colors(map)))
  }

  private func batches(
    _ samples: some Collection<Sample>, _ labels: LabelSet, _ options: DataOptions, training: Bool = true
  ) throws -> (contents: [DataLoaderTests.Content], notices: [String]) {
    var augmentation = AugmentationOptions()
    augmentation.cropSize = ImageSize(height: 16, width: 24)
    augmentation.scaleRange = -0.5...1
    augmentation.rotation = Rotation()
    augmentation.crop = CropChoice()
    let loader =
      training
      ? try DataLoader.training(
        samples, labels: labels, batchSize: 2, seed: 3, options: options, augmentation: augmentation)
      : try DataLoader.validation(samples, labels: labels, batchSize: 2, options: options)
    var contents: [DataLoaderTests.Content] = []
    for _ in 0..<3 { while let batch = try loader.next() { contents.append(.init(batch)) } }
    return (contents, loader.takeNotices())
  }

  @Test(arguments: [true, false]) func batchesAreTheSameWithAndWithoutIt(training: Bool) throws {
    let (samples, labels) = try makeSamples()
    let expected = try batches(samples, labels, options(.off), training: training).contents
    #expect(expected.count == 9)
    #expect(entries.isEmpty)
    // First filled, then read by another loader.
    for _ in 0..<2 {
      let found = try batches(samples, labels, options(.disk), training: training)
      #expect(found.contents == expected)
      #expect(found.notices.isEmpty)
    }
    #expect(entries.count == 12)
  }

  @Test func rawValuesAreKeptToo() throws {
    try folder.makeCamVid(count: 4)
    let dataset = Dataset.camVid(root: folder.path)
    let samples = try dataset.samples(of: .train)
    let expected = try batches(samples, dataset.labels, options(.off)).contents
    #expect(try batches(samples, dataset.labels, options(.disk)).contents == expected)
    #expect(try batches(samples, dataset.labels, options(.disk)).contents == expected)
    // A wrong value is told as without the cache, though the mask was kept with it.
    var mask = TemporaryFolder.mask(2)
    mask.values = mask.values.map { _ in 37 }
    try mask.write(to: URL(filePath: folder.path + "/trainannot/002.png"))
    for _ in 0..<2 {
      let error = message { _ = try batches(samples, dataset.labels, options(.disk)) }
      #expect(error?.hasPrefix("\(folder.path)/trainannot/002.png: value 37 at (") == true, "\(error ?? "")")
    }
  }

  @Test func aChangedFileIsReadAnew() throws {
    try folder.makeCamVid(count: 2)
    let dataset = Dataset.camVid(root: folder.path)
    let samples = try dataset.samples(of: .train)
    let reader = StoredImageReader(
      labels: dataset.labels, orientation: .apply,
      cache: try SampleCache(folder: folder.path + "/cache/samples", limit: 1 << 30))
    func pixels() throws -> [UInt8] {
      let image = try reader.image(of: samples[0])
      guard case .cached(let entry) = image.content else { return [] }
      return Array(UnsafeBufferPointer(start: entry.rows(from: 0), count: image.size.area * 3))
    }
    for number in [0, 7, 9] {
      // In place, with the same size and soon after, as no time stamp tells.
      try TemporaryFolder.image(number).write(to: URL(filePath: samples[0].image))
      #expect(try pixels() == TemporaryFolder.image(number).pixels)
    }
  }

  @Test(arguments: [0, 40, 100, 260, 2000, -1, -100]) func damagedEntriesAreRemovedWithALine(place: Int) throws {
    try folder.makeCamVid(count: 4)
    let dataset = Dataset.camVid(root: folder.path)
    let samples = try dataset.samples(of: .train)
    // On this thread alone: workers of the first loader, which go on for a moment, would remove the entry themselves.
    let options = options(.disk) { $0.workers = 0 }
    let expected = try batches(samples, dataset.labels, options).contents
    #expect(entries.count == 8)
    // The largest are images.
    let name = try #require(entries.max { try! Data(contentsOf: entry($0)).count < Data(contentsOf: entry($1)).count })
    let whole = try Data(contentsOf: entry(name))
    if place < 0 {
      try whole.dropLast(-place).write(to: entry(name))
    } else {
      var bytes = whole
      bytes[place] ^= 4
      try bytes.write(to: entry(name))
    }
    let found = try batches(samples, dataset.labels, options)
    #expect(found.contents == expected)
    #expect(found.notices.count == 1)
    #expect(found.notices.first?.contains("removed from the cache of decoded images, since its") == true)
    // It was made again.
    #expect(try Data(contentsOf: entry(name)) == whole)
  }

  @Test func aFullCacheStopsGrowing() throws {
    try folder.makeCamVid(count: 4)
    let dataset = Dataset.camVid(root: folder.path)
    let samples = try dataset.samples(of: .train)
    let expected = try batches(samples, dataset.labels, options(.off)).contents
    // Room for two images (256 + 24 * 32 * 3 bytes each) and two masks.
    let small = options(.disk) { $0.cacheGigabytes = 7.5e-6 }
    for _ in 0..<2 {
      let found = try batches(samples, dataset.labels, small)
      #expect(found.contents == expected)
      #expect(found.notices.count == 1 && found.notices[0].contains("the cache of decoded images is full"))
      let bytes = try entries.reduce(0) { try $0 + Data(contentsOf: entry($1)).count }
      #expect(bytes <= 7500 && bytes > 4000)
    }
  }

  @Test func loadersShareItAtOnce() throws {
    let (samples, labels) = try makeSamples()
    let expected = try batches(samples, labels, options(.off)).contents
    let failures = Failures()
    DispatchQueue.concurrentPerform(iterations: 4) { _ in
      do {
        let found = try batches(samples, labels, options(.disk))
        if found.contents != expected || !found.notices.isEmpty { failures.add("\(found.notices)") }
      } catch { failures.add("\(error)") }
    }
    #expect(failures.list.isEmpty)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/cache/samples")
    #expect(!names.contains { $0.hasSuffix(".tmp") })
  }

  @Test func aFolderThatCannotBeMadeIsRefusedBeforeAnythingIsRead() throws {
    try folder.makeCamVid(count: 2)
    try folder.write("a file", to: "cache")
    let dataset = Dataset.camVid(root: folder.path)
    let error = message { _ = try batches(try dataset.samples(of: .train), dataset.labels, options(.disk)) }
    #expect(error?.hasPrefix("data.cache_folder: \(folder.path)/cache/samples: ") == true, "\(error ?? "")")
    #expect(
      message { try options(.disk) { $0.cacheGigabytes = 0 }.validate() }
        == "cache_gigabytes: expected a size above 0, at most 1000000, found 0.0")
  }

  private final class Failures: @unchecked Sendable {
    private let lock = NSLock()
    private(set) var list: [String] = []

    func add(_ text: String) { lock.withLock { list.append(text) } }
  }
}
