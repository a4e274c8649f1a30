import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

/// The problems and the notes that `data check` reports.
@Suite struct DataFindingsTests {
  private let folder: TemporaryFolder
  private let labels = LabelSet(
    classes: [
      ClassInfo("rest", .black), ClassInfo("lawn", RGB(0, 128, 0)), ClassInfo("path", RGB(128, 64, 128)),
    ],
    encoding: .values([0: 0, 1: 1, 2: 2, 255: LabelSet.ignored]))

  init() throws { folder = try TemporaryFolder() }

  /// Checks masks (each with an image of its size, all different) of training and validation.
  private func check(
    train: [Mask], val: [Mask] = [], labels: LabelSet? = nil, exifOrientation: ExifOrientation = .apply,
    prepare: (TemporaryFolder) throws -> Void = { _ in }
  ) throws -> DataReport {
    for (split, masks) in [("train", train), ("val", val)] {
      for (index, mask) in masks.enumerated() {
        let color = RGB(UInt8(index), split == "val" ? 1 : 0, 0)
        let image = Image(height: mask.height, width: mask.width, filledWith: color)
        try image.write(to: URL(filePath: folder.file("\(split)/\(index).png")))
        try mask.write(to: URL(filePath: folder.file("\(split)_masks/\(index).png")))
      }
    }
    try prepare(folder)
    return try check(count: [.train: train.count, .val: val.count], labels ?? self.labels, exifOrientation)
  }

  private func check(
    count: [Split: Int], _ labels: LabelSet, _ exifOrientation: ExifOrientation = .apply, white: Int? = nil
  ) throws -> DataReport {
    let path = folder.path
    var dataset = Dataset(name: "x", root: path, labels: labels) { split throws(DataError) in
      (0..<(count[split] ?? 0)).map {
        Sample(image: "\(path)/\(split.rawValue)/\($0).png", mask: "\(path)/\(split.rawValue)_masks/\($0).png")
      }
    }
    dataset.white = white
    let splits = [Split.train, .val].filter { count[$0] ?? 0 > 0 }
    return try DataChecker(dataset, exifOrientation: exifOrientation).check(splits)
  }

  private func mask(_ values: UInt8...) -> Mask { Mask(height: 1, width: values.count, values: values) }

  @Test func masksOfOneClassAreAProblem() throws {
    let labels = LabelSet(
      classes: Array(self.labels.classes.prefix(2)), encoding: .values([0: 0, 1: 1, 255: LabelSet.ignored]))
    let report = try check(train: [mask(0, 0, 0, 255)], val: [mask(0, 255)], labels: labels)
    #expect(
      report.problems == [
        "train: all labelled pixels are 'rest', one of 2 classes: training would report 100 % and learn nothing; values "
          + "mapped to ignored: 255, 25 % of all pixels"
      ])
    // The value that is ignored is the class that is missing.
    #expect(report.proposedMap == "map:\n  0: rest\n  255: lawn\n")
    #expect(try check(train: [mask(0, 1)], labels: labels).problems == [])
  }

  @Test func aSplitWithoutLabelsIsAProblem() throws {
    let report = try check(train: [mask(0, 1, 2)], val: [mask(255, 255)])
    #expect(
      report.problems == ["val: no pixel is labelled, because all values in the masks (255) are mapped to ignored"])
    #expect(report.notes == [])
  }

  @Test func classesThatSplitsLackAreNoted() throws {
    let report = try check(train: [mask(0, 1, 1), mask(255)], val: [mask(1, 2)])
    #expect(report.problems == [])
    #expect(
      report.notes == [
        "train: 1 of 3 classes has no pixels (path); the network cannot learn it",
        "train: 1 of 2 images have no labelled pixel, first \(folder.path)/train_masks/1.png",
        "val: 1 of 3 classes has no pixels (rest); the mean over classes covers the other 2",
        "val: shows a class that no training image shows (path)",
      ])
    #expect(report.splits[0].unlabelledImages?.images == 1)
    let json = String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
    #expect(json.contains("\"notes\":[\"train: 1 of 3") && json.contains("\"problems\":[]"))
  }

  @Test func turnedImagesAreCounted() throws {
    func prepare(_ folder: TemporaryFolder) throws {
      try TemporaryFolder.setOrientation(3, ofPNGAt: folder.file("train/0.png"))
      try TemporaryFolder.setOrientation(1, ofPNGAt: folder.file("train/1.png"))
    }
    let masks = [mask(0, 1), mask(1, 2)]
    #expect(
      try check(train: masks, prepare: prepare).notes == [
        "train: 1 image carries an EXIF orientation and was turned upright, as viewers show it; if the masks were drawn "
          + "on the stored pixels, set data.exif_orientation to ignore"
      ])
    let ignored = try check(train: masks, exifOrientation: .ignore, prepare: prepare)
    #expect(
      ignored.notes == [
        "train: 1 image carries an EXIF orientation, which is ignored: the pixels are taken as they are stored"
      ])
    #expect(ignored.splits[0].orientedImages == 1)
  }

  @Test func aMaskThatFitsOnlyTheStoredPixelsIsExplained() throws {
    let report = try check(train: [mask(0, 1, 2)]) { folder in
      try TemporaryFolder.setOrientation(6, ofPNGAt: folder.file("train/0.png"))
    }
    #expect(
      report.problems == [
        "\(folder.path)/train_masks/0.png: the mask is 1x3, its image \(folder.path)/train/0.png is 3x1 after it was "
          + "turned by its EXIF orientation; if the masks were drawn on the stored pixels, set data.exif_orientation to "
          + "ignore"
      ])
  }

  @Test func imagesOfSixteenBitsAreNamedWithTheirRange() throws {
    try FileManager.default.copyItem(atPath: TemporaryFolder.gray12, toPath: folder.file("train/0.png"))
    let mask = Mask(height: 5, width: 7, values: (0..<35).map { UInt8($0 % 3) })
    try mask.write(to: URL(filePath: folder.file("train_masks/0.png")))
    let dark = try check(count: [.train: 1], labels)
    let start = "1 image has 16 bits per channel, with values 0 to 4095"
    #expect(dark.problems == ["\(start): they would be read at 6.2 % brightness; set `white: 4095` in the card"])
    #expect(dark.splits[0].mean[0] < 0.04)
    let light = try check(count: [.train: 1], labels, white: 4095)
    #expect(light.problems == [] && light.notes == ["\(start); 4095 is read as white"])
    #expect(abs(light.splits[0].mean[0] - 0.5) < 0.01)
    let clipped = try check(count: [.train: 1], labels, white: 1023)
    #expect(clipped.notes == ["\(start); values above `white: 1023` are read as white"])
    #expect(try check(count: [.train: 1], labels, white: 65535).problems.count == 1)
  }

  /// Areas of three colors, resized with blending as photographs are.
  @Test func colorsBlendedByResizingHaveOneLine() throws {
    let palette = Palette(labels.classes.map(\.color))
    let colors = LabelSet(
      classes: labels.classes,
      encoding: .colors(Dictionary(uniqueKeysWithValues: labels.classes.enumerated().map { ($1.color, UInt8($0)) })))
    var areas = Mask(height: 40, width: 40)
    for y in 0..<40 { for x in 0..<40 { areas[x, y] = UInt8((x / 11 + y / 13) % 3) } }
    let blended = areas.colored(by: palette).resized(to: ImageSize(height: 93, width: 105))
    let report = try check(train: [areas, areas], labels: colors) { folder in
      try blended.write(to: URL(filePath: folder.file("train/0.png")))
      try blended.write(to: URL(filePath: folder.file("train_masks/0.png")))
      try areas.colored(by: palette).write(to: URL(filePath: folder.file("train_masks/1.png")))
    }
    let blends = try #require(report.splits[0].blends)
    #expect(blends.values > 20)
    let share = (blends.share * 1000).rounded() / 10
    #expect(share < 30)
    #expect(report.problems.count == 1)
    #expect(report.problems[0].hasPrefix("train: \(blends.values) values or colors stand for no class, "))
    #expect(report.problems[0].contains("resized with blending or compressed"))
    #expect(report.splits[0].rawValues.map(\.value) == ["#000000", "#008000", "#804080"])
    #expect(
      report.proposedMap == """
        map:
          "#000000": rest
          "#008000": lawn
          "#804080": path
        background: ignored

        """)
  }

  /// Many unlisted values that have areas of their own are classes that the map lacks.
  @Test func valuesWithAreasAreNoBlends() throws {
    var mask = Mask(height: 40, width: 40)
    for y in 0..<40 { for x in 0..<40 { mask[x, y] = UInt8(x / 8 + 5 * (y / 8)) } }
    let report = try check(train: [mask])
    #expect(report.splits[0].blends == nil)
    #expect(report.problems.count == 22)
    #expect(report.proposedMap?.contains("background") == false)
  }

  @Test func photographsAreNoMasks() throws {
    var noise: UInt64 = 1
    let values = (0..<64 * 64).map { _ in
      noise = noise &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(noise >> 56)
    }
    let report = try check(train: [Mask(height: 64, width: 64, values: values)])
    #expect(report.problems.count == 1)
    #expect(report.problems.first?.hasSuffix("these files look like photographs, not like masks") == true)
    #expect(report.proposedMap == nil)
  }

  /// Both splits have one, so that they would be compared by content.
  @Test(.timeLimit(.minutes(10))) func pipesAreReportedAndTheRestIsChecked() throws {
    let report = try check(train: [mask(0, 1, 2), mask(0, 1, 2)], val: [mask(0, 1, 2), mask(0, 1, 2)]) { folder in
      for path in try [folder.file("train/1.png"), folder.file("val/1.png"), folder.file("val_masks/0.png")] {
        try FileManager.default.removeItem(atPath: path)
        try #require(mkfifo(path, 0o600) == 0)
      }
    }
    #expect(
      report.problems
        == ["train/1.png", "val_masks/0.png", "val/1.png"].map {
          "\(folder.path)/\($0): cannot be read: it is not a file"
        })
    #expect(report.splits[0].images == 1)
  }

  @Test func manyFilesWithTheSameFaultHaveOneLine() throws {
    let report = try check(train: (0..<6).map { _ in mask(0, 1, 2) }) { folder in
      for index in 1..<6 { try folder.write("junk", to: "train/\(index).png") }
    }
    #expect(
      report.problems == [
        "\(folder.path)/train/1.png: no PNG, JPEG, TIFF, WebP or BMP file (and 4 more files of train)"
      ])
    #expect(report.splits[0].badFiles.count == 5)
  }
}
