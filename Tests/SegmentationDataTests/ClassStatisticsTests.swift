import Files
import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

@Suite struct ClassStatisticsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var options: DataOptions {
    var options = DataOptions()
    options.cacheFolder = folder.path + "/cache"
    return options
  }

  private func counted(_ options: DataOptions? = nil) throws -> ClassStatistics {
    try .ofTraining(Dataset.camVid(root: folder.path), options: options ?? self.options)
  }

  private var cached: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/cache/statistics")) ?? []
  }

  /// Masks of 4x4 pixels with some pixels of classes 0 to 2, and ignored ones (11).
  private func write(_ masks: [[UInt8]]) throws {
    for (number, values) in masks.enumerated() {
      let rest = [UInt8](repeating: 11, count: 16 - values.count)
      try Image(height: 4, width: 4).write(to: URL(filePath: folder.file("train/\(number).png")))
      try Mask(height: 4, width: 4, values: values + rest).write(
        to: URL(filePath: folder.file("trainannot/\(number).png")))
    }
  }

  @Test func pixelsAreCountedByClassAndImage() throws {
    try write([[0, 0, 0, 1], [0, 2, 2], [1]])
    let statistics = try counted()
    #expect(statistics.images.map { Array($0.prefix(3)) } == [[3, 1, 0], [1, 0, 2], [0, 1, 0]])
    #expect(Array(statistics.pixels.prefix(4)) == [4, 2, 2, 0])
    #expect(Array(statistics.pixelsInItsImages.prefix(4)) == [7, 5, 3, 0])
    // The weights are those that 'rtseg data check' proposes.
    let report = try DataChecker(Dataset.camVid(root: folder.path)).check()
    #expect(report.splits.first { $0.split == .train }?.classWeights == statistics.weights)
  }

  @Test func countsAreKeptAndCountedAnewIfTheMasksChange() throws {
    try write([[0, 0, 0, 1], [0, 2, 2]])
    let first = try counted()
    #expect(cached.count == 1)
    // The counts that are kept are those that are read: another line with its own hash comes out as it is.
    let file = "\(folder.path)/cache/statistics/\(cached[0])"
    let body = "7" + first.images.map { $0.map(String.init).joined(separator: " ") + "\n" }.joined()
    let hash = Array(body.utf8).withUnsafeBytes { ContentHash.hex(of: $0) }
    try Data("rtseg class statistics 1\n\(hash)\n\(body)".utf8).write(to: URL(filePath: file))
    #expect(try counted().images[0][0] == 73)
    // A mask of the same name and size with other content.
    try write([[1, 1, 0, 1], [0, 2, 2]])
    #expect(try counted().images[0].prefix(2) == [1, 3])
    #expect(cached.count == 2)
  }

  @Test(arguments: ["", "rtseg class statistics 1\n", "rtseg class statistics 1\nabc\n1 2 3\n", "cut"])
  func damagedCountsAreNotTrusted(text: String) throws {
    try write([[0, 0, 0, 1], [0, 2, 2]])
    let first = try counted()
    let file = URL(filePath: "\(folder.path)/cache/statistics/\(cached[0])")
    let whole = try Data(contentsOf: file)
    try (text == "cut" ? whole.dropLast(4) : Data(text.utf8)).write(to: file)
    #expect(try counted() == first)
    #expect(try Data(contentsOf: file) == whole)
  }

  @Test func badMasksAreNamedOrLeftOut() throws {
    try write([[0, 0, 0, 1], [0, 2, 2], [1]])
    let bad = "\(folder.path)/trainannot/1.png"
    try Mask(height: 4, width: 4, filledWith: 77).write(to: URL(filePath: bad))
    let error = message { _ = try counted() }
    #expect(error?.hasPrefix("\(bad): value 77 at (0, 0) stands for no class") == true, "\(error ?? "")")
    var skipping = options
    skipping.skipBadFiles = true
    #expect(try counted(skipping).images.map { Array($0.prefix(2)) } == [[3, 1], [0, 0], [0, 1]])
    #expect(cached.isEmpty)
  }

  @Test func aFolderThatCannotBeWrittenInIsNoError() throws {
    try write([[0, 1]])
    try folder.write("a file", to: "cache")
    #expect(try counted().images[0].prefix(2) == [1, 1])
  }

  @Test func rareClassesAreDrawnByDAFormersRule() throws {
    // Shares 0.9, 0.09 and 0.01.
    let images = (0..<10).map { $0 == 0 ? [80, 10, 10] : $0 < 9 ? [100, 0, 0] : [20, 80, 0] }
    let statistics = ClassStatistics(images: images)
    var options = RareClassSampling()
    (options.temperature, options.minimumPixels) = (0.5, 50)
    let sampler = RareClassSampler(statistics, options: options, seed: 4)
    let likelihoods = [0.9, 0.09, 0.01].map { exp((1 - $0) / 0.5) }
    let sum = likelihoods.reduce(0, +)
    for (found, expected) in zip(sampler.classes, likelihoods) {
      #expect(abs(found.likelihood - expected / sum) < 1e-12)
    }
    // Class 2 has nowhere 50 pixels: all images that show it count.
    #expect(sampler.classes.map(\.images) == [Array(0..<9), [9], [0]])
    let orders = (0..<200).map { sampler.order(epoch: $0) }
    #expect(orders.allSatisfy { $0.count == 10 } && orders[0] != orders[1])
    #expect(sampler.order(epoch: 7) == orders[7])
    let counts = orders.joined().reduce(into: [:]) { $0[$1, default: 0] += 1 }
    // 2000 draws: sample 9 by class 1 alone, sample 0 by class 2 and a ninth of class 0.
    #expect(abs(Double(counts[9]!) / 2000 - likelihoods[1] / sum) < 0.04)
    #expect(abs(Double(counts[0]!) / 2000 - (likelihoods[2] + likelihoods[0] / 9) / sum) < 0.04)
    // As sharp as DAFormer has it: the rarest class nearly alone, without overflow.
    options.temperature = 0.001
    let sharp = RareClassSampler(statistics, options: options, seed: 4)
    #expect(sharp.order(epoch: 0) == [Int](repeating: 0, count: 10))
  }
}
