import Basics
import Foundation
import SegmentationImage

/// Reads every file of a data set and reports sizes, unreadable files, the raw values of the masks, the classes' shares
/// and weights, the mean and deviation of the images, and images that occur in several splits.
///
/// Its memory does not depend on what it finds: findings are counted, and the first ones of each kind are kept. A sample
/// takes some 200 bytes.
public struct DataChecker: Sendable {
  private let dataset: Dataset
  private let exifOrientation: ExifOrientation
  private let channels: Int
  private let pixelType: PixelType
  private let masks: RawMaskReader
  private let cacheFolder: String?
  /// Whether the facts of each sample are kept beside their sums.
  private var keepsSamples = false

  /// Prepares a check.
  /// - Parameters:
  ///   - dataset: The data set.
  ///   - exifOrientation: Whether images are turned upright by their EXIF orientation, as in `DataOptions`.
  ///   - channels: The number of channels of images, as in `DataOptions`.
  ///   - pixelType: The type of images' values, as in `DataOptions`.
  ///   - cacheFolder: A folder that keeps the results of each file, by its content. A check that was stopped goes on
  ///     where it was, and files that have not changed since an earlier check are not read. Without it, all files are
  ///     read.
  public init(
    _ dataset: Dataset, exifOrientation: ExifOrientation = .apply, channels: Int = 3, pixelType: PixelType = .uint8,
    cacheFolder: String? = nil
  ) {
    self.channels = channels
    self.pixelType = pixelType
    self.dataset = dataset
    self.exifOrientation = exifOrientation
    self.cacheFolder = cacheFolder
    masks = RawMaskReader(labels: dataset.labels, orientation: exifOrientation)
  }

  /// The folder in which `rtseg data check` keeps results: `checks` in the one that `RTSEG_CACHE` names, or in
  /// `~/.cache/rtseg`.
  public static var usualCacheFolder: String { DataOptions().cacheFolder("checks") }

  /// Reads all files of the splits on all cores. Bad files are reported, not thrown.
  /// - Parameters:
  ///   - splits: The splits to read.
  ///   - progress: Called from any thread, one at a time, with the number of samples that are done and the number of all
  ///     samples.
  ///   - note: Receives a line if results of earlier checks cannot be used, or those of this one cannot be kept.
  /// - Throws: `DataError` if no split can be listed.
  public func check(
    _ splits: [Split] = [.train, .val, .test], progress: @Sendable (Int, Int) -> Void = { _, _ in },
    note: (String) -> Void = { _ in }
  ) throws -> DataReport {
    try read(splits, progress, note).report
  }

  /// Does the same, and keeps what is in each sample and what is wrong with it. All files are read.
  /// - Parameters:
  ///   - splits: The splits to read.
  ///   - progress: Called from any thread, one at a time, with the number of samples that are done and the number of all
  ///     samples.
  /// - Throws: `DataError` if no split can be listed.
  public func survey(
    _ splits: [Split] = [.train, .val, .test], progress: @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws -> DataSurvey {
    var checker = self
    checker.keepsSamples = true
    return try checker.read(splits, progress) { _ in }
  }

  private func read(
    _ splits: [Split], _ progress: @Sendable (Int, Int) -> Void, _ note: (String) -> Void
  ) throws -> DataSurvey {
    var lists: [(split: Split, samples: Samples)] = []
    var failures: [(split: Split, error: DataError)] = []
    for split in splits {
      do { lists.append((split, try dataset.samples(of: split))) } catch { failures.append((split, error)) }
    }
    let withoutValidation = failures.first { $0.split == .val && $0.error.lacksSplit }
    guard !lists.isEmpty else { throw failures.first?.error ?? DataError("no split was named") }
    let reader = SampleChecker(
      masks, channels: channels, type: pixelType, countsParts: keepsSamples, cache: openCache(note))
    let total = lists.reduce(0) { $0 + $1.samples.count }
    var done = 0
    var state = State(shared: SharedImages(splits: lists.count))
    var tallies: [SplitTally] = []
    for (number, list) in lists.enumerated() {
      state.tally = SplitTally(classes: dataset.labels.classes.count)
      state = try tally(list.samples, of: list.split, number: number, reader, state) { [done] in
        progress(done + $0, total)
      }
      tallies.append(state.tally)
      done += list.samples.count
    }
    do { try reader.cache?.finish() } catch { note("the results of this check are not kept: \(error)") }
    let blends = SplitTally.blends(in: tallies, of: dataset.labels.encoding)
    let findings = DataFindings(
      dataset: dataset, exifOrientation: exifOrientation,
      splits: zip(lists, tallies).map { report($0.split, $1, blends: blends) },
      sharedFiles: state.shared.first(Self.sharedFileLimit, lists.map(\.samples)),
      // Many data sets have no test split, but one without training or validation images deserves a word.
      missingSplits: failures.filter { $0.split != .test && $0.split != withoutValidation?.split }.map {
        DataReport.BadFile(file: $0.split.rawValue, reason: $0.error.description)
      },
      withoutValidation: withoutValidation?.error.description)
    guard keepsSamples else { return DataSurvey(report: findings.report, samples: []) }
    let shared = Dictionary(
      state.shared.files(lists.map(\.samples)).flatMap { group in group.files.map { ($0, group) } },
      uniquingKeysWith: { first, _ in first })
    return DataSurvey(report: findings.report, samples: state.facts.map { $0.naming(shared) })
  }

  private static let sharedFileLimit = 100

  private func openCache(_ note: (String) -> Void) -> CheckCache? {
    // The cache has nothing about areas of masks.
    guard let cacheFolder, !keepsSamples else { return nil }
    let labels = dataset.labels
    let images = "\(exifOrientation.rawValue)\n\(dataset.white ?? 0)\n\(channels) \(pixelType.rawValue)"
    let settings = "\(images)\n\(labels.classes.count)\n\(labels.encodingText)"
    do { return try CheckCache(folder: cacheFolder, settings: settings, note: note) } catch {
      note("the results of this check are not kept: \(error)")
      return nil
    }
  }

  /// The sums over a split's samples, and what is kept over all splits.
  private struct State: Sendable {
    var tally = SplitTally(classes: 0)
    var shared: SharedImages
    /// The facts of each sample, if they are kept.
    var facts: [SampleFacts] = []
  }

  /// - Parameter progress: Called with the number of samples that are done.
  private func tally(
    _ samples: Samples, of split: Split, number: Int, _ reader: SampleChecker, _ state: State,
    _ progress: @Sendable (Int) -> Void
  ) throws -> State {
    try Parallel.reduce(samples.count, into: state) { index, _ in
      reader.check(samples[index])
    } add: { state, index, found in
      add(found, to: &state.tally)
      if keepsSamples { state.facts.append(facts(found, index, of: split)) }
      if let digest = found.imageDigest { state.shared.add(digest, SharedImages.Place(split: number, index: index)) }
      progress(index + 1)
    }
  }

  private func facts(_ found: SampleChecker.Finding, _ index: Int, of split: Split) -> SampleFacts {
    var own = SplitTally(classes: dataset.labels.classes.count)
    add(found, to: &own)
    return SampleFacts(found.sample, index, of: split, own, parts: found.parts, valueText: masks.text)
  }

  private func add(_ found: SampleChecker.Finding, to tally: inout SplitTally) {
    let image: ImageSummary
    switch found.image {
    case .bad(let reason): return tally.badFiles.add(found.sample.image, reason)
    case .good(let summary): image = summary
    }
    tally.add(image)
    let file = found.sample.mask ?? found.sample.image
    switch found.mask {
    case nil: break
    case .bad(let reason)?: tally.badFiles.add(file, reason)
    case .good(let mask)?:
      if mask.size != image.size {
        let reason = SampleReader.sizeMismatch(
          mask: mask.size, image: found.sample.image, image.size, isTurned: image.isTurned)
        tally.badFiles.add(file, reason)
      }
      tally.add(mask, file: file) { dataset.labels.meaning($0) }
    }
  }

  private var isRGB: Bool { channels == 3 && pixelType == .uint8 }

  private func report(_ split: Split, _ tally: SplitTally, blends: Set<UInt32>) -> DataReport.SplitReport {
    let labelled = Double(max(1, tally.classPixels.reduce(0, +)))
    let (pixels, white) = (Double(max(1, tally.imagePixels)) * 255, pixelType.white)
    var (mean, squares): ([Double], [Double]) = ([], [])
    if isRGB {
      mean = tally.sums.map { Double($0) / pixels }
      squares = tally.squares.map { Double($0) / pixels / 255 }
    } else {
      for channel in tally.channels {
        let scale = Double(max(1, channel.count)) * white
        mean.append(channel.sum / scale)
        squares.append(channel.squares / scale / white)
      }
    }
    let raw = tally.raw.filter { !blends.contains($0.key) }.sorted {
      ($1.value.pixels, $0.key) < ($0.value.pixels, $1.key)
    }.prefix(1000).sorted { $0.key < $1.key }
    let masked = labelled + Double(tally.ignoredPixels + tally.unlistedPixels)
    let blended = tally.raw.filter { blends.contains($0.key) }
    let blendedPixels = blended.values.reduce(0) { $0 + $1.pixels }
    return DataReport.SplitReport(
      split: split, images: tally.images,
      sizes: tally.sizes.sorted { ($1.value, $0.key.area) < ($0.value, $1.key.area) }.map {
        DataReport.SizeCount(size: $0.key, images: $0.value)
      },
      imagesOfOtherSizes: tally.imagesOfOtherSizes,
      orientedImages: tally.orientedImages,
      wideImages: tally.wideRange.map {
        DataReport.WideImages(images: tally.wideImages, lowest: $0.lowerBound, highest: $0.upperBound)
      },
      badFiles: tally.badFiles.first, badFileReasons: tally.badFiles.reasons, otherBadFiles: tally.badFiles.others,
      rawValues: raw.map { value, count in
        DataReport.RawValue(
          value: masks.text(value), pixels: count.pixels, masks: count.masks,
          meaning: dataset.labels.meaning(value).map(dataset.labels.name), first: tally.firstPlaces[value])
      },
      blends: blended.isEmpty
        ? nil
        : DataReport.Blends(values: blended.count, pixels: blendedPixels, share: Double(blendedPixels) / masked),
      unlabelledImages: tally.firstUnlabelled.map {
        DataReport.UnlabelledImages(images: tally.unlabelledMasks, first: $0)
      },
      classes: dataset.labels.names.indices.map { id in
        DataReport.ClassShare(
          name: dataset.labels.names[id], pixels: tally.classPixels[id],
          share: Double(tally.classPixels[id]) / labelled, images: tally.classImages[id])
      },
      ignoredShare: Double(tally.ignoredPixels) / masked,
      mean: mean,
      std: zip(squares, mean).map { max(0, $0 - $1 * $1).squareRoot() },
      classWeights: ClassWeights(pixels: tally.classPixels, pixelsInItsImages: tally.pixelsInItsImages))
  }
}
