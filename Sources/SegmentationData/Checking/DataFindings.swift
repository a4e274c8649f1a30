import Files
import SegmentationImage

/// Puts the findings of a check into words: the problems that keep the data from being used, and the notes.
struct DataFindings {
  let dataset: Dataset
  let exifOrientation: ExifOrientation
  let splits: [DataReport.SplitReport]
  let sharedFiles: (files: [SharedFile], count: Int)
  let missingSplits: [DataReport.BadFile]
  /// The note about a data set without a split for validation; `nil` if it has one.
  let withoutValidation: String?

  var report: DataReport {
    DataReport(
      dataset: dataset.name, root: dataset.root, splits: splits, sharedFiles: sharedFiles.files,
      sharedFileCount: sharedFiles.count, missingSplits: missingSplits,
      proposedMap: splits.contains { $0.blends?.share ?? 0 > 0.5 } ? nil : dataset.labels.proposedMap(for: splits),
      problems: problems, notes: notes)
  }

  private var problems: [String] {
    var lines = missingSplits.map { "\($0.file): \($0.reason)" }
    for split in splits {
      lines += badFiles(split) + unlistedValues(split) + blends(split) + missingLabels(split)
    }
    if let (isProblem, line) = bits, isProblem { lines.append(line) }
    lines += sharedFiles.files.map { "the same image in several splits: \($0.files.joined(separator: ", "))" }
    let more = sharedFiles.count - sharedFiles.files.count
    return more == 0 ? lines : lines + ["\(more) more images are in several splits"]
  }

  private var notes: [String] {
    var lines = [withoutValidation].compactMap { $0 } + dataset.omissions(of: splits.map(\.split))
    for split in splits {
      let name = split.split.rawValue
      lines += classes(split)
      if let unlabelled = split.unlabelledImages, split.labelledPixels > 0 {
        lines.append(
          "\(name): \(unlabelled.images) of \(split.images) images have no labelled pixel, first \(unlabelled.first)")
      }
      if split.orientedImages > 0 { lines.append("\(name): \(orientation(split))") }
    }
    if let (isProblem, line) = bits, !isProblem { lines.append(line) }
    return lines
  }

  /// One line for each bad file. Many files with the same reason share a line.
  private func badFiles(_ split: DataReport.SplitReport) -> [String] {
    let counts = Dictionary(uniqueKeysWithValues: split.badFileReasons.map { ($0.reason, $0.files) })
    var worded: Set<String> = []
    var lines = split.badFiles.compactMap { file -> String? in
      let count = counts[file.reason] ?? 1
      guard count > 3 else { return "\(file.file): \(file.reason)" }
      guard worded.insert(file.reason).inserted else { return nil }
      return "\(file.file): \(file.reason) (and \(count - 1) more files of \(split.split.rawValue))"
    }
    if split.otherBadFiles > 0 {
      lines.append("\(split.split.rawValue): \(split.otherBadFiles) more files cannot be used")
    }
    return lines
  }

  private func unlistedValues(_ split: DataReport.SplitReport) -> [String] {
    let unlisted = split.rawValues.filter { $0.meaning == nil }
    let shown = unlisted.count > 40 ? 20 : unlisted.count
    let lines = unlisted.prefix(shown).map { value in
      let place = value.first.map { ", first in \($0.file) at (\($0.x), \($0.y))" } ?? ""
      return "\(split.split.rawValue): value \(value.value) stands for no class: "
        + "\(value.pixels) pixels in \(value.masks) masks\(place)"
    }
    guard shown < unlisted.count else { return lines }
    return lines + ["\(split.split.rawValue): \(unlisted.count - shown) more values stand for no class"]
  }

  private func blends(_ split: DataReport.SplitReport) -> [String] {
    guard let blends = split.blends else { return [] }
    let start =
      "\(split.split.rawValue): \(blends.values) values or colors stand for no class, "
      + "\(Self.percent(blends.share)) of all pixels, and "
    return [
      blends.share > 0.5
        ? start + "form no areas: these files look like photographs, not like masks"
        : start + "lie along borders or close to listed colors: the masks were resized with blending or compressed. "
          + "Make them again without (nearest neighbor, PNG), or ignore such pixels with `background: ignored` in the card"
    ]
  }

  /// Problems with masks that label nothing, or all of whose labels are one class.
  private func missingLabels(_ split: DataReport.SplitReport) -> [String] {
    let name = split.split.rawValue
    let ignored = split.rawValues.filter { $0.meaning == "ignored" }.map(\.value)
    let values = ignored.prefix(8).joined(separator: ", ") + (ignored.count > 8 ? ", ..." : "")
    if split.unlabelledImages != nil, split.labelledPixels == 0 {
      guard split.rawValues.allSatisfy({ $0.meaning != nil }), split.blends == nil else { return [] }
      return ["\(name): no pixel is labelled, because all values in the masks (\(values)) are mapped to ignored"]
    }
    let present = split.classes.filter { $0.pixels > 0 }
    guard split.split == .train, dataset.labels.classes.count > 1, present.count == 1 else { return [] }
    let hint =
      ignored.isEmpty
      ? "" : "; values mapped to ignored: \(values), \(Self.percent(split.ignoredShare)) of all pixels"
    return [
      "\(name): all labelled pixels are '\(present[0].name)', one of \(dataset.labels.classes.count) classes: training "
        + "would report 100 % and learn nothing\(hint)"
    ]
  }

  /// Notes about classes that a split lacks.
  private func classes(_ split: DataReport.SplitReport) -> [String] {
    guard split.labelledPixels > 0 else { return [] }
    let name = split.split.rawValue
    let absent = split.classes.filter { $0.pixels == 0 }.map(\.name)
    var lines: [String] = []
    if !absent.isEmpty {
      let (count, all) = (absent.count, split.classes.count)
      lines.append(
        "\(name): \(count) of \(all) classes \(count == 1 ? "has" : "have") no pixels (\(Self.list(absent))); "
          + (split.split == .train
            ? "the network cannot learn \(count == 1 ? "it" : "them")"
            : "the mean over classes covers the other \(all - count)"))
    }
    if split.split != .train, let train = splits.first(where: { $0.split == .train }), train.labelledPixels > 0 {
      let unseen = split.classes.indices.filter { split.classes[$0].pixels > 0 && train.classes[$0].pixels == 0 }
      if !unseen.isEmpty {
        lines.append(
          "\(name): shows \(unseen.count == 1 ? "a class" : "\(unseen.count) classes") that no training image shows "
            + "(\(Self.list(unseen.map { split.classes[$0].name })))")
      }
    }
    return lines
  }

  private func orientation(_ split: DataReport.SplitReport) -> String {
    let one = split.orientedImages == 1
    let start = "\(split.orientedImages) \(one ? "image carries" : "images carry") an EXIF orientation"
    switch exifOrientation {
    case .apply:
      return "\(start) and \(one ? "was" : "were") turned upright, as viewers show \(one ? "it" : "them"); "
        + "if the masks were drawn on the stored pixels, set data.exif_orientation to ignore"
    case .ignore:
      return "\(start), which is ignored: the pixels are taken as they are stored"
    }
  }

  /// The line about images of 16 bits, and whether it is a problem; `nil` if there is nothing to say.
  private var bits: (isProblem: Bool, line: String)? {
    let wide = splits.compactMap(\.wideImages)
    guard let lowest = wide.map(\.lowest).min(), let highest = wide.map(\.highest).max() else {
      guard let white = dataset.white else { return nil }
      return (false, "`white: \(white)` of the card has no effect, because no image has 16 bits")
    }
    let count = wide.reduce(0) { $0 + $1.images }
    let start =
      "\(count) \(count == 1 ? "image has" : "images have") 16 bits per channel, with values \(lowest) to \(highest)"
    let white = dataset.white ?? 65535
    // The values of sensors have a whole number of bits.
    let proposed = (1...16).map { 1 << $0 - 1 }.first { $0 >= highest } ?? 65535
    if highest < white / 4, proposed != white, highest > 0 {
      return (
        true,
        "\(start): they would be read at \(Self.percent(Double(highest) / Double(white))) brightness; "
          + "set `white: \(proposed)` in the card"
      )
    }
    if highest > white { return (false, "\(start); values above `white: \(white)` are read as white") }
    let hint = dataset.white == nil ? " (the card's `white` changes it)" : ""
    return (false, "\(start); \(white) is read as white\(hint)")
  }

  private static func percent(_ share: Double) -> String {
    let percent = share * 100
    return percent >= 10 || percent == 0 ? "\(Int(percent.rounded())) %" : "\((percent * 10).rounded() / 10) %"
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", ... (\(names.count))" : "")
  }
}

extension DataReport.SplitReport {
  /// The number of pixels that have a class.
  var labelledPixels: Int { classes.reduce(0) { $0 + $1.pixels } }
}
