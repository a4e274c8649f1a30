import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

/// The results of a check that are kept for the next one.
@Suite struct CheckCacheTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    // All files differ, so that each has a result of its own.
    for number in 0..<15 {
      let (split, name) = (number < 12 ? "train" : "val", String(format: "%03d.png", number))
      var mask = TemporaryFolder.mask(number)
      mask[number, 0] = 10
      try TemporaryFolder.image(number).write(to: URL(filePath: folder.file("\(split)/\(name)")))
      try mask.write(to: URL(filePath: folder.file("\(split)annot/\(name)")))
    }
    try folder.write("junk", to: "train/005.png")
    var mask = TemporaryFolder.mask(0)
    mask[5, 7] = 99
    try mask.write(to: URL(filePath: folder.file("trainannot/002.png")))
  }

  private var cache: URL { URL(filePath: folder.path + "/cache") }

  /// The file with the results.
  private var results: URL {
    get throws {
      let names = try files(in: cache).filter { $0.hasSuffix(".results") }
      #expect(names.count == 1)
      return cache.appending(path: names[0])
    }
  }

  private func check(_ orientation: ExifOrientation = .apply) throws -> (report: DataReport, notes: [String]) {
    var notes: [String] = []
    let checker = DataChecker(.camVid(root: folder.path), exifOrientation: orientation, cacheFolder: cache.path)
    let report = try checker.check(note: { notes.append($0) })
    return (report, notes)
  }

  private func expected() throws -> DataReport { try DataChecker(.camVid(root: folder.path)).check() }

  @Test func `a report is the same with results of an earlier check, which add nothing`() throws {
    let expected = try expected()
    #expect(expected.problems.count == 2)
    var sizes: [Int] = []
    for _ in 0..<3 {
      let found = try check()
      #expect(found.report == expected && found.notes.isEmpty)
      sizes.append(try Data(contentsOf: results).count)
    }
    // Every file was found by its content, or its result would have been added again.
    #expect(sizes[0] > 1000 && sizes[1] == sizes[0] && sizes[2] == sizes[0])
  }

  /// A killed process leaves some first bytes of what it would have written.
  @Test(arguments: [0.3, 0.62, 0.999]) func `a check that was killed goes on`(share: Double) throws {
    let expected = try check().report
    let whole = try Data(contentsOf: results)
    try whole.prefix(Int(Double(whole.count) * share)).write(to: results)
    let found = try check()
    #expect(found.report == expected && found.notes.count <= 1)
    #expect(try Data(contentsOf: results).count == whole.count)
  }

  @Test(arguments: [0, 17, 90, 200, 700, -1, -60]) func `damaged results are dropped with a line`(place: Int) throws {
    let expected = try check().report
    let whole = try Data(contentsOf: results)
    var bytes = whole
    bytes[place < 0 ? whole.count + place : place] ^= 4
    try bytes.write(to: results)
    let found = try check()
    #expect(found.report == expected)
    let path = try results.path
    #expect(found.notes.count == 1 && found.notes[0].hasPrefix(path), "\(found.notes)")
    #expect(found.notes.first?.contains("the results of earlier checks are damaged") == true, "\(found.notes)")
    #expect(try Data(contentsOf: results).count == whole.count)
    #expect(try check().notes.isEmpty)
  }

  @Test func `other settings have results of their own`() throws {
    _ = try check()
    _ = try check(.ignore)
    #expect(try files(in: cache).filter { $0.hasSuffix(".results") }.count == 2)
  }

  @Test func `a changed file is read anew`() throws {
    _ = try check()
    var mask = TemporaryFolder.mask(1)
    mask[0, 0] = 77
    try mask.write(to: URL(filePath: folder.file("trainannot/001.png")))
    #expect(try check().report == expected())
    #expect(try check().report.problems.contains { $0.hasPrefix("train: value 77 stands for no class: 1 pixels") })
  }

  /// A file counts as settled some seconds after its last change, which cannot be set.
  @Test func `a settled file is found by its stamp`() throws {
    let last = try #require(
      try FileManager.default.attributesOfItem(atPath: folder.path + "/trainannot/002.png")[.modificationDate] as? Date)
    while Date(timeIntervalSinceNow: -4) < last { usleep(100_000) }
    var sizes: [Int] = []
    for _ in 0..<2 {
      _ = try check()
      sizes.append(try Data(contentsOf: results).count)
    }
    // A file that is found by its content alone gets a result with its stamp.
    #expect(sizes[0] == sizes[1])
    #expect(try check().report == expected())
  }

  @Test func `a folder that cannot be made is told, and the check goes on`() throws {
    try folder.write("a file", to: "cache")
    let found = try check()
    let expected = try expected()
    #expect(found.report == expected)
    #expect(found.notes.count == 1 && found.notes[0].hasPrefix("the results of this check are not kept: "))
  }

  @Test func `what is found is kept in part and counted whole`() throws {
    for number in 0..<230 {
      // Masks of other sizes have reasons that name the image, so each is a reason of its own.
      let name = String(format: "x%03d.png", number)
      try TemporaryFolder.image(number, ImageSize(height: 2, width: 2)).write(
        to: URL(filePath: folder.file("train/\(name)")))
      try TemporaryFolder.mask(0, ImageSize(height: 2, width: 3)).write(
        to: URL(filePath: folder.file("trainannot/\(name)")))
      try folder.write("junk", to: "train/y\(name)")
      try folder.write("junk", to: "trainannot/y\(name)")
    }
    let report = try expected()
    let train = report.splits[0]
    #expect(
      train.badFileReasons.count == 100 && train.badFileReasons[0].reason == "no PNG, JPEG, TIFF, WebP or BMP file")
    #expect(train.badFileReasons[0].files == 231)
    // 10 files of the first reason, and one of each of the others.
    #expect(train.badFiles.count == 10 + 99 && train.otherBadFiles == 230 - 99)
    #expect(report.problems.contains("train: \(230 - 99) more files cannot be used"))
    #expect(
      report.problems.contains { $0.hasSuffix("no PNG, JPEG, TIFF, WebP or BMP file (and 230 more files of train)") })
    #expect(try check().report == report)
  }
}
