import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

@Suite struct DataCheckerTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ split: String, _ name: String, _ image: Image, _ mask: Mask) throws {
    try image.write(to: URL(filePath: folder.file("\(split)/\(name).png")))
    try mask.write(to: URL(filePath: folder.file("\(split)annot/\(name).png")))
  }

  private func check() throws -> DataReport { try DataChecker(.camVid(root: folder.path)).check() }

  @Test func countsClassesAndPixels() throws {
    // Two images of 2x4: one of class 0 and 3, one of 3 and ignored pixels.
    let dark = Image(height: 2, width: 4, filledWith: RGB(0, 51, 255))
    let light = Image(height: 2, width: 4, filledWith: RGB(255, 51, 0))
    try write("train", "a", dark, Mask(height: 2, width: 4, values: [0, 0, 3, 3, 3, 3, 3, 3]))
    try write("train", "b", light, Mask(height: 2, width: 4, values: [3, 3, 11, 11, 11, 11, 11, 11]))
    try write("val", "c", Image(height: 1, width: 2), Mask(height: 1, width: 2))
    let report = try check()
    #expect(report.problems == [])
    #expect(report.splits.map(\.split) == [.train, .val])
    #expect(report.proposedMap == nil)
    let train = report.splits[0]
    #expect(train.images == 2)
    #expect(train.sizes == [.init(size: ImageSize("2x4")!, images: 2)])
    #expect(train.rawValues.map(\.value) == ["0", "3", "11"])
    #expect(train.rawValues.map(\.pixels) == [2, 8, 6])
    #expect(train.rawValues.map(\.masks) == [1, 2, 1])
    #expect(train.rawValues.map(\.meaning) == ["Sky", "Road", "ignored"])
    #expect(train.classes[0].share == 0.2 && train.classes[3].share == 0.8)
    #expect(train.classes[3].images == 2 && train.classes[5].pixels == 0)
    #expect(train.ignoredShare == 0.375)
    #expect(train.mean == [0.5, 0.2, 0.5])
    #expect(train.std == [0.5, 0, 0.5])
    // Frequencies: Sky 2 of the 8 labelled pixels of a; Road 8 of 10. Median 0.525.
    #expect(abs(train.classWeights.medianFrequency[0] - 2.1) < 1e-12)
    #expect(abs(train.classWeights.medianFrequency[3] - 0.65625) < 1e-12)
    // 1 / np.log(1.02 + np.array([0.2, 0.8]))
    #expect(abs(train.classWeights.enet[0] - 5.0288946) < 1e-5)
    #expect(abs(train.classWeights.enet[3] - 1.6699049) < 1e-5)
    // r = 1 / np.sqrt([0.2, 0.8]); r / r.mean()
    #expect(abs(train.classWeights.inverseSquareRoot[0] - 4.0 / 3) < 1e-12)
    #expect(abs(train.classWeights.inverseSquareRoot[3] - 2.0 / 3) < 1e-12)
    #expect(train.classWeights.enet[7] == 1)
    #expect(try JSONDecoder().decode(DataReport.self, from: JSONEncoder().encode(report)) == report)
  }

  @Test func reportsEverythingWrong() throws {
    try folder.makeCamVid("train", count: 4)
    try folder.makeCamVid("val", count: 2)  // the same pictures as train's first two
    var mask = TemporaryFolder.mask(0)
    mask[5, 7] = 99
    mask[6, 7] = 99
    try mask.write(to: URL(filePath: folder.file("trainannot/002.png")))
    try folder.write("junk", to: "train/003.png")
    try TemporaryFolder.mask(1, ImageSize("8x8")!).write(to: URL(filePath: folder.file("valannot/001.png")))
    let report = try check()
    let root = folder.path
    #expect(
      report.problems == [
        "\(root)/train/003.png: no PNG, JPEG, TIFF, WebP or BMP file",
        "train: value 99 stands for no class: 2 pixels in 1 masks, first in \(root)/trainannot/002.png at (5, 7)",
        "\(root)/valannot/001.png: the mask is 8x8, its image \(root)/val/001.png is 24x32",
        "the same image in several splits: \(root)/train/000.png, \(root)/val/000.png",
        "the same image in several splits: \(root)/train/001.png, \(root)/val/001.png",
      ])
    #expect(report.splits[0].images == 3)
    let proposed = try #require(report.proposedMap)
    #expect(proposed.hasPrefix("map:\n  0: Sky\n  1: Building\n"))
    #expect(proposed.hasSuffix("  99: ignored\n"))
  }

  @Test func proposesAMapForMasksOfBlackAndWhite() throws {
    let card = """
      classes:
        - {name: rest, color: [0, 0, 0]}
        - {name: lawn, color: [0, 128, 0]}
      map: {0: rest, 1: lawn}
      splits: {train: {images: images, masks: masks}}
      """
    try Image(height: 1, width: 2).write(to: URL(filePath: folder.file("images/a.png")))
    try Mask(height: 1, width: 2, values: [0, 255]).write(to: URL(filePath: folder.file("masks/a.png")))
    let dataset = try FolderCard(yaml: card, path: "\(folder.path)/card.yaml").dataset()
    let report = try DataChecker(dataset).check()
    #expect(report.proposedMap == "map:\n  0: rest\n  255: lawn\n")
    // Training by a share or without validation is allowed: this is worth a note and no problem.
    #expect(report.missingSplits.isEmpty)
    #expect(report.notes.first?.contains("no split 'val' in the card (it has train); data.validation_share") == true)
  }

  @Test func throwsWhereNothingIsThere() {
    #expect(throws: DataError.self) { try check() }
  }

  @Test func progressCountsEverySample() throws {
    try folder.makeCamVid("train", count: 5)
    try folder.makeCamVid("val", count: 2)
    let counts = Counts()
    _ = try DataChecker(.camVid(root: folder.path)).check { done, total in counts.add(done, total) }
    #expect(counts.seen.sorted { $0.0 < $1.0 }.map(\.0) == Array(1...7))
    #expect(counts.seen.allSatisfy { $0.1 == 7 })
  }

  private final class Counts: @unchecked Sendable {
    private let lock = NSLock()
    private(set) var seen: [(Int, Int)] = []
    func add(_ done: Int, _ total: Int) { lock.withLock { seen.append((done, total)) } }
  }

  @Test func fingerprintsTellDataApart() throws {
    try folder.makeCamVid("train", count: 2)
    let dataset = Dataset.camVid(root: folder.path)
    let (names, contents) = (
      try dataset.fingerprint(of: [.train]), try dataset.fingerprint(of: [.train], contents: true)
    )
    #expect(names.count == 64 && names != contents)
    let other = try TemporaryFolder()
    try other.makeCamVid("train", count: 2)
    #expect(try Dataset.camVid(root: other.path).fingerprint(of: [.train]) == names)  // wherever it lies
    #expect(try Dataset.camVid(root: other.path).fingerprint(of: [.train], contents: true) == contents)
    var mask = TemporaryFolder.mask(0)
    mask[0, 0] = 5
    try mask.write(to: URL(filePath: other.file("trainannot/000.png")))
    #expect(try Dataset.camVid(root: other.path).fingerprint(of: [.train], contents: true) != contents)
  }

  @Test func hashesAreSHA256() throws {
    // hashlib.sha256(b"train\timages/a.png\t0\n").hexdigest() of one empty image without a mask
    let card = """
      classes: [{name: a, color: [0, 0, 0]}]
      map: {0: a}
      splits: {train: {images: images}}
      """
    try folder.write("", to: "images/a.png")
    let dataset = try FolderCard(yaml: card, path: "\(folder.path)/card.yaml").dataset()
    #expect(try dataset.fingerprint(of: [.train]) == "d7444a7cd9e829b5c2bba75376c5776968339c7778e0e304843e0e42f9d116a9")
  }
}
