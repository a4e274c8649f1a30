import Foundation
import SegmentationImage
import Synchronization

/// Looks through every file of a data set: sizes, unreadable files, raw values of the masks, classes' shares and weights,
/// mean and deviation of the images, and images that several splits share.
public struct DataChecker: Sendable {
  private let dataset: Dataset

  public init(_ dataset: Dataset) { self.dataset = dataset }

  /// Reads all files of the splits on all cores; `progress` is told how many of how many samples are done, from any
  /// thread. Bad files are reported, not thrown; it throws where no split can be listed.
  public func check(
    _ splits: [Split] = [.train, .val, .test], progress: @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws -> DataReport {
    var lists: [(split: Split, samples: [Sample])] = []
    var failures: [(split: Split, error: any Error)] = []
    for split in splits {
      do { lists.append((split, try dataset.samples(of: split))) } catch { failures.append((split, error)) }
    }
    guard !lists.isEmpty else { throw failures.first?.error ?? DataError("no split was asked for") }
    let total = lists.reduce(0) { $0 + $1.samples.count }
    let done = Atomic(0)
    let reports = try lists.map { split, samples in
      report(split, try tally(samples) { progress(done.add(1, ordering: .relaxed).newValue, total) })
    }
    return DataReport(
      dataset: dataset.name, root: dataset.root, splits: reports,
      sharedFiles: try dataset.sharedFiles(between: lists.map(\.split)),
      // Few data sets come with a test split; one without training or validation images is worth a word.
      missingSplits: failures.filter { $0.split != .test }.map {
        DataReport.BadFile(file: $0.split.rawValue, reason: "\($0.error)")
      },
      proposedMap: proposedMap(reports))
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
    let image: Image
    do { image = try Image(contentsOf: URL(filePath: sample.image)) } catch {
      tally.badFiles[2 * index] = DataReport.BadFile(file: error.path, reason: error.reason)
      return
    }
    tally.add(image: image.pixels, size: image.size)
    guard let path = sample.mask else { return }
    let (size, values): (ImageSize, [UInt32])
    do { (size, values) = try rawValues(of: path) } catch {
      tally.badFiles[2 * index + 1] = DataReport.BadFile(file: error.path, reason: error.reason)
      return
    }
    if size != image.size {
      tally.badFiles[2 * index + 1] = DataReport.BadFile(
        file: path, reason: "the mask is \(size), its image \(sample.image) is \(image.size)")
    }
    tally.add(histogram: Self.histogram(values), sample: index, meaning: meaning) { value in
      let first = values.firstIndex(of: value)!
      return DataReport.Place(file: path, x: first % size.width, y: first / size.width)
    }
  }

  /// A mask's values, or its colors as 24 bits.
  private func rawValues(of path: String) throws(ImageError) -> (ImageSize, [UInt32]) {
    let url = URL(filePath: path)
    if case .values = dataset.labels.encoding, let mask = try? Mask(contentsOf: url) {
      return (mask.size, mask.values.map { UInt32($0) })
    }
    let image = try Image(contentsOf: url)
    var colors: [UInt32] = []
    var isGray = true
    for i in stride(from: 0, to: image.pixels.count, by: 3) {
      let (red, green, blue) = (UInt32(image.pixels[i]), UInt32(image.pixels[i + 1]), UInt32(image.pixels[i + 2]))
      colors.append(red << 16 | green << 8 | blue)
      if red != green || green != blue { isGray = false }
    }
    guard case .values = dataset.labels.encoding else { return (image.size, colors) }
    guard isGray else {
      _ = try Mask(contentsOf: url)  // says why the file is no mask of values
      throw ImageError(path: path, reason: "a color image where a mask with one value a pixel was expected")
    }
    return (image.size, colors.map { $0 & 255 })
  }

  private static func histogram(_ values: [UInt32]) -> [UInt32: Int] {
    var counts: [UInt32: Int] = [:]
    var start = 0
    // Neighbors mostly agree: the dictionary is asked once a run.
    while start < values.count {
      var end = start + 1
      while end < values.count, values[end] == values[start] { end += 1 }
      counts[values[start], default: 0] += end - start
      start = end
    }
    return counts
  }

  /// The training id of a raw value or color.
  private func meaning(_ value: UInt32) -> UInt8? {
    switch dataset.labels.encoding {
    case .values(let map): map[UInt8(value)]
    case .colors(let map, let other):
      map[RGB(UInt8(value >> 16), UInt8(value >> 8 & 255), UInt8(value & 255))] ?? other
    }
  }

  private func text(_ value: UInt32) -> String {
    if case .values = dataset.labels.encoding { return "\(value)" }
    return RGB(UInt8(value >> 16), UInt8(value >> 8 & 255), UInt8(value & 255)).description
  }

  private func name(_ id: UInt8) -> String { id == LabelSet.ignored ? "ignored" : dataset.labels.names[Int(id)] }

  private func report(_ split: Split, _ tally: SplitTally) -> DataReport.SplitReport {
    let labelled = Double(max(1, tally.classPixels.reduce(0, +)))
    let pixels = Double(max(1, tally.imagePixels)) * 255
    let mean = tally.sums.map { Double($0) / pixels }
    let raw = tally.raw.sorted { ($1.value.pixels, $0.key) < ($0.value.pixels, $1.key) }.prefix(1000).sorted {
      $0.key < $1.key
    }
    let masked = labelled + Double(tally.ignoredPixels + tally.unlistedPixels)
    return DataReport.SplitReport(
      split: split, images: tally.images,
      sizes: tally.sizes.sorted { ($1.value, $0.key.area) < ($0.value, $1.key.area) }.map {
        DataReport.SizeCount(size: $0.key, images: $0.value)
      },
      badFiles: tally.badFiles.sorted { $0.key < $1.key }.map(\.value),
      rawValues: raw.map { value, count in
        DataReport.RawValue(
          value: text(value), pixels: count.pixels, masks: count.masks, meaning: meaning(value).map(name),
          first: tally.firstPlaces[value]?.place)
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

  /// The present map with what it lacks: unlisted values go to the classes that never occur where there are as many of
  /// both (a mask of 0 and 255 for two classes), and are ignored otherwise.
  private func proposedMap(_ reports: [DataReport.SplitReport]) -> String? {
    let found = reports.flatMap(\.rawValues)
    var unlisted: [String] = []
    for value in found where value.meaning == nil && !unlisted.contains(value.value) { unlisted.append(value.value) }
    guard !unlisted.isEmpty else { return nil }
    let absent = dataset.labels.names.filter { name in !found.contains { $0.meaning == name } }
    var entries: [(key: String, meaning: String)] = []
    for (value, id) in listed() where found.contains(where: { $0.value == value }) || !absent.contains(name(id)) {
      entries.append((value, name(id)))
    }
    for (index, value) in unlisted.enumerated() {
      entries.append((value, absent.count == unlisted.count ? absent[index] : "ignored"))
    }
    entries.sort { (Int($0.key) ?? 0, $0.key) < (Int($1.key) ?? 0, $1.key) }
    return entries.reduce("map:\n") { text, entry in
      text + "  \(entry.key.hasPrefix("#") ? "\"\(entry.key)\"" : entry.key): \(entry.meaning)\n"
    }
  }

  /// The present map's raw values or colors.
  private func listed() -> [(String, UInt8)] {
    switch dataset.labels.encoding {
    case .values(let map): map.map { (text(UInt32($0.key)), $0.value) }
    case .colors(let map, _): map.map { ($0.key.description, $0.value) }
    }
  }
}
