import Files
import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing
import Torch

/// Data sets that are packed into tar archives, and the same data in files.
@Suite struct ShardPackerTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var output: String { folder.path + "/shards" }

  /// PNG and JPEG images, with a card.
  private func makeCard(_ more: String = "", count: Int = 7) throws -> String {
    for number in 0..<count {
      let name = String(format: "%03d", number)
      let image = try folder.file("images/\(number % 2)/\(name).\(number % 3 == 0 ? "jpg" : "png")")
      try TemporaryFolder.image(number).write(to: URL(filePath: image))
      try TemporaryFolder.mask(number, classes: 3).write(
        to: URL(filePath: folder.file("masks/\(number % 2)/\(name).png")))
    }
    let card = """
      classes: [{name: "a: 1", color: [0, 0, 0]}, {name: b, color: [9, 9, 9]}]
      map: {0: "a: 1", 1: b, 2: ignored}
      \(more)
      splits:
        train: {images: images, masks: masks, recursive: true}
        test: {images: images/1}
      """
    try folder.write(card, to: "field.yaml")
    return folder.path + "/field.yaml"
  }

  private func pack(_ card: String, samples: Int = .max, bytes: Int = 1_000_000_000) throws -> ShardPacker.Report {
    try ShardPacker(card, output: output, samplesPerShard: samples, shardSize: bytes).pack()
  }

  private func batches(_ dataset: Dataset, training: Bool, workers: Int) throws -> [DataLoaderTests.Content] {
    var options = DataOptions()
    options.workers = workers
    var augmentation = AugmentationOptions()
    augmentation.cropSize = ImageSize(height: 16, width: 24)
    augmentation.scaleRange = -0.5...1
    let samples = try dataset.samples(of: .train)
    let loader =
      training
      ? try DataLoader.training(
        samples, labels: dataset.labels, batchSize: 2, seed: 3, options: options, augmentation: augmentation)
      : try DataLoader.validation(samples, labels: dataset.labels, batchSize: 2, options: options)
    var contents: [DataLoaderTests.Content] = []
    for _ in 0..<2 { while let batch = try loader.next() { contents.append(.init(batch)) } }
    return contents
  }

  @Test(arguments: [(true, 0), (true, 3), (false, 2)])
  func `batches from archives are those from files`(training: Bool, workers: Int) throws {
    let files = try FolderCard(contentsOf: makeCard()).dataset()
    let report = try pack(folder.path + "/field.yaml", samples: 3)
    #expect(report.samples == [.train: 7, .test: 3] && report.shards == [.train: 3, .test: 1])
    let shards = try FolderCard(contentsOf: report.card).dataset()
    #expect(shards.labels == files.labels && shards.name == "field")
    let expected = try batches(files, training: training, workers: workers)
    #expect(expected.count == (training ? 6 : 8))
    #expect(try batches(shards, training: training, workers: workers) == expected)
    #expect(try shards.samples(of: .test).allSatisfy { $0.mask == nil })
  }

  @Test func `checks, counts and fingerprints are those of files`() throws {
    let files = try FolderCard(contentsOf: makeCard()).dataset()
    let shards = try FolderCard(contentsOf: pack(folder.path + "/field.yaml").card).dataset()
    let reports = try [files, shards].map { try DataChecker($0).check([.train]) }
    #expect(reports[0].splits == reports[1].splits)
    #expect(reports[0].problems == reports[1].problems && reports[0].problems.isEmpty)
    let options = DataOptions()
    #expect(
      try ClassStatistics.ofTraining(shards, options: options) == ClassStatistics.ofTraining(files, options: options))
    #expect(try shards.fingerprint(of: [.train]).count == 64)
    #expect(try shards.fingerprint(of: [.train]) != shards.fingerprint(of: [.train], contents: true))
    // The test images are some of the training images.
    #expect(try shards.sharedFiles(between: [.train, .test]).count == 3)
  }

  @Test func `a part of the training images becomes the validation images`() throws {
    _ = try makeCard()
    let shards = try FolderCard(contentsOf: pack(folder.path + "/field.yaml", samples: 2).card).dataset()
      .splitting(validationShare: 0.3)
    let (train, val) = (try shards.samples(of: .train), try shards.samples(of: .val))
    #expect(train.count == 5 && val.count == 2)
    #expect(Set(train.map(\.image)).isDisjoint(with: val.map(\.image)))
  }

  @Test func `the layout is WebDataset's and the index that of wds2idx`() throws {
    let report = try pack(makeCard(count: 3), samples: 2)
    #expect(
      try files(in: URL(filePath: output)) == [
        "card.yaml", "test-000000.idx", "test-000000.tar", "train-000000.idx", "train-000000.tar", "train-000001.idx",
        "train-000001.tar",
      ])
    let card = try String(contentsOfFile: report.card, encoding: .utf8)
    #expect(card.contains("shards: \"train-{000000..000001}.tar\"") && card.contains("shards: \"test-000000.tar\""))
    #expect(card.hasPrefix("classes:\n") && card.contains("name: \"field\""))
    func size(_ file: String) throws -> Int { try Data(contentsOf: URL(filePath: "\(folder.path)/\(file)")).count }
    let sizes = try ["images/0/000.jpg", "masks/0/000.png", "images/0/002.png", "masks/0/002.png"].map(size)
    // Members begin at whole blocks, each behind its header.
    let places = sizes.reduce(into: [512]) { $0.append($0.last! + ($1 + 511) / 512 * 512 + 512) }
    #expect(
      try String(contentsOfFile: output + "/train-000000.idx", encoding: .utf8) == """
        v1.2 2
        jpg \(places[0]) \(sizes[0]) 0/000.jpg seg.png \(places[1]) \(sizes[1]) 0/000.seg.png
        png \(places[2]) \(sizes[2]) 0/002.png seg.png \(places[3]) \(sizes[3]) 0/002.seg.png

        """)
    #expect(try Data(contentsOf: URL(filePath: output + "/train-000000.tar")).count % 10240 == 0)
  }

  @Test func `names that archives cannot hold, or that are equal without extensions, are changed`() throws {
    let long = String(repeating: "x", count: 120)
    for name in ["a.b.png", "a_b.png", "__c.png", "d e.png", "a_b.jpg", "\(long).png"] {
      try TemporaryFolder.image(1).write(to: URL(filePath: folder.file("images/\(name)")))
    }
    let card = """
      classes: [{name: a, color: [0, 0, 0]}]
      map: {0: a}
      splits: {train: {images: images}}
      """
    try folder.write(card, to: "card.yaml")
    let shards = try FolderCard(contentsOf: pack(folder.path + "/card.yaml").card).dataset()
    let names = try shards.samples(of: .train).map { String($0.image.dropFirst(output.count + 1)) }
    #expect(
      names
        == ["_c.png", "a_b.png", "a_b_2.jpg", "a_b_3.png", "d_e.png", "\(long).png"].map { "train-000000.tar/\($0)" })
  }

  @Test func `the same data gives the same bytes, and what is whole is kept`() throws {
    let card = try makeCard()
    // The clock of file systems ticks every few milliseconds.
    usleep(50_000)
    _ = try pack(card, samples: 2)
    func contents() throws -> [String: Data] {
      try Dictionary(
        uniqueKeysWithValues: files(in: URL(filePath: output)).map {
          ($0, try Data(contentsOf: URL(filePath: "\(output)/\($0)")))
        })
    }
    let whole = try contents()
    // As an interrupted packing leaves it: no card, an archive without its index, a temporary file.
    try FileManager.default.removeItem(atPath: output + "/card.yaml")
    try FileManager.default.removeItem(atPath: output + "/train-000001.idx")
    try folder.write("", to: "shards/.rtseg-abandoned.tmp")
    #expect(try pack(card, samples: 2).kept == 5)
    #expect(try contents() == whole)
    // An image that has changed since.
    try FileManager.default.removeItem(atPath: output + "/card.yaml")
    let image = URL(filePath: folder.path + "/images/0/002.png")
    var bytes = try Data(contentsOf: image)
    bytes[bytes.count - 13] ^= 1
    try bytes.write(to: image)
    #expect(try pack(card, samples: 2).kept < 6)
    #expect(try contents()["train-000000.tar"] != whole["train-000000.tar"])
  }

  @Test func `an archive has at most the bytes that are asked for, if a sample fits`() throws {
    let report = try pack(makeCard(), bytes: 10240)
    #expect(report.shards[.train]! > 1)
    for name in try files(in: URL(filePath: output)) where name.hasSuffix(".tar") {
      #expect(try Data(contentsOf: URL(filePath: "\(output)/\(name)")).count <= 10240)
    }
    let tiny = try ShardPacker(folder.path + "/field.yaml", output: folder.path + "/tiny", shardSize: 1).pack([.train])
    #expect(tiny.shards == [.train: 7])
  }

  @Test func `wrong folders and files are refused and nothing is replaced`() throws {
    let card = try makeCard()
    try folder.write("mine", to: "shards/notes.txt")
    #expect(
      message { _ = try pack(card) } == "\(output): expected a new or empty folder, found notes.txt in it")
    try FileManager.default.removeItem(atPath: output)
    try folder.write("junk", to: "images/0/000.jpg")
    #expect(message { _ = try pack(card) } == "\(folder.path)/images/0/000.jpg: no PNG, JPEG, TIFF, WebP or BMP file")
    #expect(try files(in: URL(filePath: output)).isEmpty)
    try TemporaryFolder.image(0).write(to: URL(filePath: folder.path + "/images/0/000.jpg"))
    let packed = try pack(card).card
    #expect(message { _ = try pack(card) }?.hasSuffix("found card.yaml in it") == true)
    try FileManager.default.moveItem(atPath: packed, toPath: folder.path + "/shards.yaml")
    let own = "\(folder.path)/shards.yaml"
    let again = message { _ = try ShardPacker(own, root: output, output: output).pack() }
    #expect(again?.hasPrefix("\(output): the data set's own archive \(output)/t") == true, "\(again ?? "")")
  }

  @Test func `archives can be packed again, and classes of all kinds stay`() throws {
    let card = try makeCard("background: ignored\ntolerance: 2\nmerge: {all: [b]}\nwhite: 4095")
    let first = try pack(card, samples: 2).card
    let second = try ShardPacker(first, output: folder.path + "/again").pack().card
    let datasets = try [card, first, second].map { try FolderCard(contentsOf: $0).dataset() }
    #expect(datasets.allSatisfy { $0.labels == datasets[0].labels && $0.white == 4095 })
    let names = try datasets.dropFirst().map { dataset in
      try dataset.samples(of: .train).map { String($0.image.split(separator: ".tar/").last!) }
    }
    #expect(names[0] == names[1])
    #expect(
      try datasets.map { try batches($0, training: false, workers: 1) }.allSatisfy { !$0.isEmpty })
  }

  @Test func `a data set that is known by name keeps its classes`() throws {
    try folder.makeCamVid("train", count: 2)
    try folder.makeCamVid("val", count: 1)
    let packer = try ShardPacker("camvid", root: folder.path, output: output)
    let report = try packer.pack()
    #expect(report.samples == [.train: 2, .val: 1])
    #expect(report.notes.count == 1 && report.notes[0].hasPrefix("test is left out: "))
    #expect(try FolderCard(contentsOf: report.card).labels == .camVid)
  }
}
