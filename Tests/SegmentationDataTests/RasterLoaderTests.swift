import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

/// Images that are no 8-bit RGB, within the loader.
@Suite struct RasterLoaderTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.makeCamVid(count: 8)
    try folder.makeCamVid("val", count: 3)
  }

  private func data(_ change: (inout DataOptions) -> Void = { _ in }) -> DataOptions {
    var options = DataOptions()
    options.workers = 2
    options.cacheFolder = folder.path + "/cache"
    change(&options)
    return options
  }

  private func augmentation(_ change: (inout AugmentationOptions) -> Void = { _ in }) -> AugmentationOptions {
    var options = AugmentationOptions()
    options.cropSize = ImageSize(height: 16, width: 24)
    change(&options)
    return options
  }

  /// The images and labels of an epoch, of 8-bit RGB files and of the same files as floats.
  private func epochs(
    _ change: (inout AugmentationOptions) -> Void, floats: (inout DataOptions) -> Void = { _ in }
  ) throws -> [(rgb: [Float], floats: [Float], labels: ([Int64], [Int64]))] {
    let dataset = Dataset.camVid(root: folder.path)
    let plain = augmentation(change)
    var scaled = plain
    (scaled.mean, scaled.std) = (plain.mean.map { $0 * 255 }, plain.std.map { $0 * 255 })
    let options = data {
      $0.pixelType = .float32
      floats(&$0)
    }
    let samples = try dataset.samples(of: .train)
    let loaders = try [(data(), plain), (options, scaled)].map { data, augmentation in
      try DataLoader.training(
        samples, labels: dataset.labels, batchSize: 4, seed: 5, options: data, augmentation: augmentation)
    }
    return try (0..<2).map { _ in
      let batches = try loaders.map { try #require(try $0.next()) }
      return (
        batches[0].images.elements(), batches[1].images.elements(),
        (batches[0].labels.elements(), batches[1].labels.elements())
      )
    }
  }

  @Test func cropsFlipsAndMosaicsAreThoseOfRGB() throws {
    for batch in try epochs({
      $0.verticalFlip = 0.5
      $0.mosaic = Mosaic()
      $0.copyPaste = CopyPaste()
    }) {
      #expect(batch.labels.0 == batch.labels.1)
      for (rgb, float) in zip(batch.rgb, batch.floats) { #expect(abs(rgb - float) < 1e-5) }
    }
  }

  @Test func scalingDiffersByRoundingAlone() throws {
    for batch in try epochs({
      $0.scaleRange = -0.2...0.5
      $0.padding = .reflect
    }) {
      #expect(batch.labels.0 == batch.labels.1)
      for (rgb, float) in zip(batch.rgb, batch.floats) { #expect(abs(rgb - float) < 1.01 / 255 / 0.22) }
    }
  }

  @Test func theCacheChangesNothing() throws {
    let without = try epochs { _ in }
    for _ in 0..<2 {
      let cached = try epochs({ _ in }, floats: { $0.cache = .disk })
      #expect(zip(cached, without).allSatisfy { $0.floats == $1.floats })
    }
  }

  /// What is covered or lies outside becomes the mean.
  @Test func coveredAndOutsidePixelsAreZero() throws {
    let dataset = Dataset.camVid(root: folder.path)
    let loader = try DataLoader.training(
      dataset.samples(of: .train), labels: dataset.labels, batchSize: 2, seed: 1,
      options: data { $0.pixelType = .float32 },
      augmentation: augmentation {
        $0.cropSize = ImageSize(height: 48, width: 64)
        ($0.mean, $0.std) = ([-1, -1, -1], [1, 1, 1])
        $0.cutout = CutOut()
        $0.cutout?.probability = 1
      })
    let batch = try #require(try loader.next())
    let (values, labels): ([Float], [Int64]) = (batch.images.elements(), batch.labels.elements())
    let area = 48 * 64
    for slot in 0..<2 {
      for i in 0..<area {
        let isIgnored = labels[slot * area + i] == 255
        for channel in 0..<3 { #expect((values[(slot * 3 + channel) * area + i] == 0) == isIgnored) }
      }
    }
  }

  /// Five bands of 16 bits, whose values are those that tifffile has written.
  @Test(arguments: ["five.tif", "five_planar.tif", "five_pages.tif"]) func bandsAreChannels(name: String) throws {
    let formats = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "SegmentationImageTests/Fixtures/formats")
    let samples = [Sample(image: formats.appending(path: name).path, mask: formats.appending(path: "mask.tif").path)]
    let labels = LabelSet(
      classes: (0..<24).map { ClassInfo("class \($0)", RGB(UInt8($0), 0, 0)) },
      encoding: .values(Dictionary(uniqueKeysWithValues: (0..<24).map { (UInt16($0), UInt8($0)) })))
    let loader = try DataLoader.validation(
      samples, labels: labels,
      options: data {
        $0.channels = 5
        $0.pixelType = .uint16
      },
      augmentation: augmentation {
        $0.mean = [0, 0, 0, 0, 1]
        $0.std = [Double](repeating: 1 / 65535, count: 5)
      })
    let batch = try #require(try loader.next())
    #expect(batch.images.shape == [1, 5, 21, 37])
    let values: [Float] = batch.images.elements()
    // np.stack([x * 500, y * 900, x * y, x + 1000 * y, 65535 - x])
    for (x, y) in [(0, 0), (36, 20), (11, 7)] {
      let expected = [x * 500, y * 900, x * y, x + 1000 * y, -x]
      for channel in 0..<5 {
        #expect(abs(values[(channel * 21 + y) * 37 + x] - Float(expected[channel])) < 0.02)
      }
      #expect((batch.labels.elements() as [Int64])[y * 37 + x] == Int64(x / 7 + 6 * (y / 6)))
    }
  }

  @Test(arguments: [
    ("augmentation.mean: expected 5 values, one for each channel (data.channels), found", 5, PixelType.uint8, 0.0),
    ("augmentation.brightness: expected 0, since it is for 8-bit RGB", 3, .float32, 0.4),
  ])
  func whatDoesNotFitIsRefused(message: String, channels: Int, type: PixelType, brightness: Double) throws {
    let dataset = Dataset.camVid(root: folder.path)
    let samples = try dataset.samples(of: .train)
    let error = #expect(throws: DataError.self) {
      try DataLoader.training(
        samples, labels: dataset.labels, batchSize: 2, seed: 1,
        options: data {
          $0.channels = channels
          $0.pixelType = type
        }, augmentation: augmentation { $0.brightness = brightness })
    }
    #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
  }

  @Test func filesOfOtherChannelsAreNamed() throws {
    let dataset = Dataset.camVid(root: folder.path)
    let loader = try DataLoader.validation(
      dataset.samples(of: .val), labels: dataset.labels, options: data { $0.channels = 4 },
      augmentation: augmentation {
        $0.mean = [0, 0, 0, 0]
        $0.std = [1, 1, 1, 1]
      })
    let error = #expect(throws: ImageError.self) { _ = try loader.next() }
    #expect(error?.description.hasSuffix("/val/000.png: it has 3 channels, expected 4 (data.channels)") == true)
  }
}
