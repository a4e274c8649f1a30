import Basics
import Foundation
import SegmentationImage
import Synchronization

/// Reads every file of a data set and reports sizes, unreadable files, the raw values of the masks, the classes' shares
/// and weights, the mean and deviation of the images, and images that occur in several splits.
public struct DataChecker: Sendable {
  private let dataset: Dataset
  private let exifOrientation: ExifOrientation
  private let masks: RawMaskReader
  /// Whether the facts of each sample are kept beside their sums.
  private var keepsSamples = false

  /// Prepares a check.
  /// - Parameters:
  ///   - dataset: The data set.
  ///   - exifOrientation: Whether images are turned upright by their EXIF orientation, as in `DataOptions`.
  public init(_ dataset: Dataset, exifOrientation: ExifOrientation = .apply) {
    self.dataset = dataset
    self.exifOrientation = exifOrientation
    masks = RawMaskReader(labels: dataset.labels, orientation: exifOrientation)
  }

  /// Reads all files of the splits on all cores. Bad files are reported, not thrown.
  /// - Parameters:
  ///   - splits: The splits to read.
  ///   - progress: Called from any thread with the number of samples that are done and the number of all samples.
  /// - Throws: `DataError` if no split can be listed.
  public func check(
    _ splits: [Split] = [.train, .val, .test], progress: @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws -> DataReport {
    try read(splits, progress).report
  }

  /// Does the same, and keeps what is in each sample and what is wrong with it.
  /// - Parameters:
  ///   - splits: The splits to read.
  ///   - progress: Called from any thread with the number of samples that are done and the number of all samples.
  /// - Throws: `DataError` if no split can be listed.
  public func survey(
    _ splits: [Split] = [.train, .val, .test], progress: @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws -> DataSurvey {
    var checker = self
    checker.keepsSamples = true
    return try checker.read(splits, progress)
  }

  private func read(_ splits: [Split], _ progress: @Sendable (Int, Int) -> Void) throws -> DataSurvey {
    var lists: [(split: Split, samples: [Sample])] = []
    var failures: [(split: Split, error: DataError)] = []
    for split in splits {
      do { lists.append((split, try dataset.samples(of: split))) } catch { failures.append((split, error)) }
    }
    let withoutValidation = failures.first { $0.split == .val && $0.error.lacksSplit }
    guard !lists.isEmpty else { throw failures.first?.error ?? DataError("no split was named") }
    let total = lists.reduce(0) { $0 + $1.samples.count }
    let done = Atomic(0)
    var facts: [SampleFacts] = []
    let tallies = try lists.map { split, samples in
      let (tally, own) = try tally(samples, of: split) { progress(done.add(1, ordering: .relaxed).newValue, total) }
      facts += own
      return (split, tally)
    }
    var all = SplitTally(classes: dataset.labels.classes.count)
    for (_, tally) in tallies { all += tally }
    let blends = all.blends(in: dataset.labels.encoding)
    let findings = DataFindings(
      dataset: dataset, exifOrientation: exifOrientation,
      splits: tallies.map { report($0, $1, blends: blends) },
      sharedFiles: try dataset.sharedFiles(between: lists.map(\.split)),
      // Many data sets have no test split, but one without training or validation images deserves a word.
      missingSplits: failures.filter { $0.split != .test && $0.split != withoutValidation?.split }.map {
        DataReport.BadFile(file: $0.split.rawValue, reason: $0.error.description)
      },
      withoutValidation: withoutValidation?.error.description)
    let result = findings.report
    let shared = Dictionary(
      result.sharedFiles.flatMap { group in group.files.map { ($0, group) } }, uniquingKeysWith: { first, _ in first })
    return DataSurvey(report: result, samples: facts.map { $0.naming(shared) })
  }

  /// The sums over samples and, if they are kept, the facts of each.
  private func tally(
    _ samples: [Sample], of split: Split, _ finished: @Sendable () -> Void
  ) throws -> (SplitTally, [SampleFacts]) {
    let classes = dataset.labels.classes.count
    let total = Mutex((tally: SplitTally(classes: classes), facts: [Int: SampleFacts]()))
    try Parallel.forEach(samples.count) { index, _ in
      var part = SplitTally(classes: classes)
      add(samples[index], index, to: &part)
      let facts = keepsSamples ? SampleFacts(samples[index], index, of: split, part, valueText: masks.text) : nil
      total.withLock {
        $0.tally += part
        $0.facts[index] = facts
      }
      finished()
    }
    return total.withLock { total in (total.tally, total.facts.sorted { $0.key < $1.key }.map(\.value)) }
  }

  private func add(_ sample: Sample, _ index: Int, to tally: inout SplitTally) {
    if sample.maker != nil {
      do {
        guard let made = try sample.made() else { return }
        tally.add(image: made.image.pixels, size: made.image.size)
        add(made.labels.values.map { UInt32($0) }, width: made.labels.width, of: sample.image, index, to: &tally)
      } catch {
        tally.badFiles[2 * index] = DataReport.BadFile(file: sample.image, reason: "\(error)")
      }
      return
    }
    let image: Image
    let isTurned: Bool
    do {
      (image, isTurned) = try EncodedImage.reading(sample.image, orientation: exifOrientation) {
        file throws(ImageError) in
        if file.bitDepth == 16 { tally.add(wideRange: try file.wideRange()) }
        let image = try Image(file, white: sample.white)
        if file.exifOrientation != 1 { tally.orientedImages += 1 }
        return (image, file.orientation != 1)
      }
    } catch {
      tally.badFiles[2 * index] = DataReport.BadFile(file: error.path, reason: error.reason)
      return
    }
    tally.add(image: image.pixels, size: image.size)
    let path = sample.mask ?? sample.image
    let (size, values): (ImageSize, [UInt32])
    do {
      guard let labels = try masks.values(of: sample) else { return }
      (size, values) = labels
    } catch {
      let reason = (error as? ImageError)?.reason ?? "\(error)"
      tally.badFiles[2 * index + 1] = DataReport.BadFile(file: (error as? ImageError)?.path ?? path, reason: reason)
      return
    }
    if size != image.size {
      let reason = SampleReader.sizeMismatch(mask: size, image: sample.image, image.size, isTurned: isTurned)
      tally.badFiles[2 * index + 1] = DataReport.BadFile(file: path, reason: reason)
    }
    add(values, width: size.width, of: path, index, to: &tally)
  }

  private func add(_ values: [UInt32], width: Int, of file: String, _ index: Int, to tally: inout SplitTally) {
    let histogram = MaskHistogram(values, width: width) { masks.id(of: $0) == nil }
    tally.add(histogram, sample: index, file: file, meaning: masks.id)
    if keepsSamples { tally.parts += MaskParts.count(masks.ids(values), width: width) }
  }

  private func report(_ split: Split, _ tally: SplitTally, blends: Set<UInt32>) -> DataReport.SplitReport {
    let labelled = Double(max(1, tally.classPixels.reduce(0, +)))
    let pixels = Double(max(1, tally.imagePixels)) * 255
    let mean = tally.sums.map { Double($0) / pixels }
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
      orientedImages: tally.orientedImages,
      wideImages: tally.wideRange.map {
        DataReport.WideImages(images: tally.wideImages, lowest: $0.lowerBound, highest: $0.upperBound)
      },
      badFiles: tally.badFiles.sorted { $0.key < $1.key }.map(\.value),
      rawValues: raw.map { value, count in
        DataReport.RawValue(
          value: masks.text(value), pixels: count.pixels, masks: count.masks,
          meaning: masks.id(of: value).map(dataset.labels.name), first: tally.firstPlaces[value]?.place)
      },
      blends: blended.isEmpty
        ? nil
        : DataReport.Blends(values: blended.count, pixels: blendedPixels, share: Double(blendedPixels) / masked),
      unlabelledImages: tally.firstUnlabelled.map {
        DataReport.UnlabelledImages(images: tally.unlabelledMasks, first: $0.file)
      },
      classes: dataset.labels.names.indices.map { id in
        DataReport.ClassShare(
          name: dataset.labels.names[id], pixels: tally.classPixels[id],
          share: Double(tally.classPixels[id]) / labelled, images: tally.classImages[id])
      },
      ignoredShare: Double(tally.ignoredPixels) / masked,
      mean: mean,
      std: (0..<3).map { max(0, Double(tally.squares[$0]) / pixels / 255 - mean[$0] * mean[$0]).squareRoot() },
      classWeights: ClassWeights(pixels: tally.classPixels, pixelsInItsImages: tally.pixelsInItsImages))
  }
}
