import Basics
import Foundation
import SegmentationImage
import Synchronization

/// Reads every file of a data set and reports sizes, unreadable files, the raw values of the masks, the classes' shares
/// and weights, the mean and deviation of the images, and images that occur in several splits.
public struct DataChecker: Sendable {
  private let dataset: Dataset
  private let exifOrientation: ExifOrientation
  private let channels: Int
  private let pixelType: PixelType

  /// Prepares a check.
  /// - Parameters:
  ///   - dataset: The data set.
  ///   - exifOrientation: Whether images are turned upright by their EXIF orientation, as in `DataOptions`.
  ///   - channels: The number of channels of images, as in `DataOptions`.
  ///   - pixelType: The type of images' values, as in `DataOptions`.
  public init(
    _ dataset: Dataset, exifOrientation: ExifOrientation = .apply, channels: Int = 3, pixelType: PixelType = .uint8
  ) {
    self.channels = channels
    self.pixelType = pixelType
    self.dataset = dataset
    self.exifOrientation = exifOrientation
  }

  /// Reads all files of the splits on all cores. Bad files are reported, not thrown.
  /// - Parameters:
  ///   - splits: The splits to read.
  ///   - progress: Called from any thread with the number of samples that are done and the number of all samples.
  /// - Throws: `DataError` if no split can be listed.
  public func check(
    _ splits: [Split] = [.train, .val, .test], progress: @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws -> DataReport {
    var lists: [(split: Split, samples: [Sample])] = []
    var failures: [(split: Split, error: DataError)] = []
    for split in splits {
      do { lists.append((split, try dataset.samples(of: split))) } catch { failures.append((split, error)) }
    }
    let withoutValidation = failures.first { $0.split == .val && $0.error.lacksSplit }
    guard !lists.isEmpty else { throw failures.first?.error ?? DataError("no split was named") }
    let total = lists.reduce(0) { $0 + $1.samples.count }
    let done = Atomic(0)
    let tallies = try lists.map { split, samples in
      (split, try tally(samples) { progress(done.add(1, ordering: .relaxed).newValue, total) })
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
    return findings.report
  }

  private func tally(_ samples: [Sample], _ finished: @Sendable () -> Void) throws -> SplitTally {
    let classes = dataset.labels.classes.count
    let total = Mutex(SplitTally(classes: classes))
    try Parallel.forEach(samples.count) { index, _ in
      var part = SplitTally(classes: classes)
      add(samples[index], index, to: &part)
      total.withLock { $0 += part }
      finished()
    }
    return total.withLock { $0 }
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
    let imageSize: ImageSize
    let isTurned: Bool
    do {
      (imageSize, isTurned) = try EncodedImage.reading(sample.image, orientation: exifOrientation) {
        file throws(ImageError) in
        if !isRGB {
          try file.check(channels: channels, type: pixelType)
          tally.add(try Raster(file))
          if file.exifOrientation != 1 { tally.orientedImages += 1 }
          return (file.size, file.orientation != 1)
        }
        if file.type == .uint16 { tally.add(wideRange: try file.wideRange()) }
        let image = try Image(file, white: sample.white)
        if file.exifOrientation != 1 { tally.orientedImages += 1 }
        tally.add(image: image.pixels, size: image.size)
        return (image.size, file.orientation != 1)
      }
    } catch {
      tally.badFiles[2 * index] = DataReport.BadFile(file: error.path, reason: error.reason)
      return
    }
    guard let path = sample.mask else { return }
    let (size, values): (ImageSize, [UInt32])
    do { (size, values) = try rawValues(of: path) } catch {
      tally.badFiles[2 * index + 1] = DataReport.BadFile(file: error.path, reason: error.reason)
      return
    }
    if size != imageSize {
      let reason = SampleReader.sizeMismatch(mask: size, image: sample.image, imageSize, isTurned: isTurned)
      tally.badFiles[2 * index + 1] = DataReport.BadFile(file: path, reason: reason)
    }
    add(values, width: size.width, of: path, index, to: &tally)
  }

  private var isRGB: Bool { channels == 3 && pixelType == .uint8 }

  private func add(_ values: [UInt32], width: Int, of file: String, _ index: Int, to tally: inout SplitTally) {
    let histogram = MaskHistogram(values, width: width) { meaning($0) == nil }
    tally.add(histogram, sample: index, file: file, meaning: meaning)
  }

  /// The raw values of a mask, or its colors as 24 bits.
  private func rawValues(of path: String) throws(ImageError) -> (ImageSize, [UInt32]) {
    try EncodedImage.reading(path, orientation: exifOrientation) { file throws(ImageError) in
      let labels = dataset.labels
      if labels.tolerance == 0 { try file.requireMaskFormat() }
      let hasValues = if case .values = labels.encoding { true } else { false }
      if hasValues, file.holdsValues {
        guard labels.encoding.isWide else { return (file.size, try file.decoded(.values).map { UInt32($0) }) }
        return (
          file.size, try file.decoded(.wideValues).withUnsafeBytes { $0.bindMemory(to: UInt16.self).map { UInt32($0) } }
        )
      }
      let pixels = try file.decoded(.rgb)
      let colors = (0..<file.size.area).map { i in
        RGB(pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]).bits
      }
      guard hasValues else { return (file.size, colors) }
      guard colors.allSatisfy({ RGB(bits: $0).isGray(within: labels.tolerance) }) else {
        throw ImageError(
          path: path,
          reason: "a color image, but this data set maps gray values to classes; a card with a map from colors reads "
            + "such masks")
      }
      return (file.size, colors.map { $0 >> 8 & 255 })
    }
  }

  /// The training id that a raw value or color stands for; `nil` if it is not in the map.
  private func meaning(_ value: UInt32) -> UInt8? {
    switch dataset.labels.encoding {
    case .values: dataset.labels.id(of: UInt16(value))
    case .colors: dataset.labels.id(of: RGB(bits: value))
    }
  }

  private func text(_ value: UInt32) -> String {
    if case .values = dataset.labels.encoding { return "\(value)" }
    return RGB(bits: value).description
  }

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
      orientedImages: tally.orientedImages,
      wideImages: tally.wideRange.map {
        DataReport.WideImages(images: tally.wideImages, lowest: $0.lowerBound, highest: $0.upperBound)
      },
      badFiles: tally.badFiles.sorted { $0.key < $1.key }.map(\.value),
      rawValues: raw.map { value, count in
        DataReport.RawValue(
          value: text(value), pixels: count.pixels, masks: count.masks,
          meaning: meaning(value).map(dataset.labels.name), first: tally.firstPlaces[value]?.place)
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
      std: zip(squares, mean).map { max(0, $0 - $1 * $1).squareRoot() },
      classWeights: ClassWeights(pixels: tally.classPixels, pixelsInItsImages: tally.pixelsInItsImages))
  }
}
