import Files
import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing
import Torch

/// Samples in tar archives: those that other programs wrote, and those of `ShardPacker`.
@Suite struct ShardTests: SplitTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/shards")
    .path
  private static let archives = [
    "gnu-gnu", "gnu-posix", "gnu-ustar", "gnu-v7", "python-gnu", "python-pax", "python-ustar",
  ]

  // MARK: Reading

  @Test func `all fixtures are read`() throws {
    #expect(try files(in: URL(filePath: Self.fixtures)) == Self.archives.map { "\($0).tar" })
  }

  /// The archives of `Fixtures/make_shards.py`.
  @Test(arguments: archives) func `archives of tarfile and of GNU tar are read`(name: String) throws {
    let archive = "\(Self.fixtures)/\(name).tar"
    let long = ["c" + String(repeating: "c", count: 69) + "/" + String(repeating: "c", count: 60)]
    let keys = (["a", "street/b"] + long.map { "street/\($0)" } + ["street/" + String(repeating: "d", count: 130)])
      .prefix(name.hasSuffix("v7") ? 2 : name.hasSuffix("ustar") ? 3 : 4)
    let dataset = try dataset("train: {shards: \(archive)}")
    let samples = try dataset.samples(of: .train)
    #expect(samples.map(\.image) == keys.map { "\(archive)/\($0).png" })
    #expect(samples.map(\.mask) == keys.map { "\(archive)/\($0).seg.png" })
    for (number, sample) in samples.enumerated() {
      #expect(try sample.decodedImage(orientation: .apply)[0, 0] == RGB(UInt8(40 * number), 20, 30))
      #expect(try sample.size(orientation: .apply) == ImageSize(height: 4, width: 6))
    }
    #expect(
      dataset.omissions(of: [.train]) == [
        "\(archive): left out \(keys.count) .json files (only PNG, JPEG, TIFF, WebP and BMP are read)"
      ])
  }

  @Test func `members are taken by the names that the card says`() throws {
    var archive = TestArchive()
    archive.add("a.jpg", Array(try Image(height: 2, width: 2, filledWith: RGB(200, 0, 0)).png()))
    archive.add("a.png", Array(try Mask(height: 2, width: 2).png()))
    archive.add("a.depth.png")
    archive.add("__info__.json", Array("{}".utf8))
    try write(archive.whole, "x.tar")
    #expect(try pairs("train: {shards: x.tar, images: jpg, masks: png}") == [["x.tar/a.jpg", "x.tar/a.png"]])
    #expect(try pairs("train: {shards: x.tar}") == [["x.tar/a.jpg", nil]])
    #expect(try pairs("train: {shards: [x.tar], masks: 'seg.png;png'}") == [["x.tar/a.jpg", "x.tar/a.png"]])
    #expect(
      failure("train: {shards: x.tar, masks: seg.png}")
        == "DATA/x.tar: at byte 0: 'a.jpg' has no mask beside it (seg.png)"
    )
  }

  @Test func `ranges and lists in braces name shards in order`() throws {
    for name in ["t-008", "t-009", "t-010", "day", "night"] {
      var archive = TestArchive()
      try archive.addSample(name)
      try write(archive.whole, "\(name).tar")
    }
    let images = try pairs("train: {shards: ['t-{008..010}.tar', '{night,day}.tar']}").map { $0[0] }
    #expect(images == ["t-008", "t-009", "t-010", "night", "day"].map { "\($0).tar/\($0).png" })
    #expect(
      failure("train: {shards: 't-{008..011}.tar'}")
        == "DATA/t-011.tar: no such file; expected a tar archive of split 'train' of DATA/card.yaml")
    for (pattern, problem) in [
      ("t-{3..1}", "numbers in this order"), ("t-{0..100000}", "at most 100000"), ("t-{a..b}", "with numbers"),
      ("{1..2", "expected braces such as"), ("1}", "a } without a {"), ("{{1..2}}", "not in each other"),
      ("{1..1000}{1..1000}", "more than 100000 shards"), ("{a}", "expected {first..last} or {a,b}"),
    ] {
      let found = failure("train: {shards: '\(pattern)'}")
      #expect(
        found?.hasPrefix("DATA/card.yaml:5: 'shards': ") == true && found?.contains(problem) == true, "\(found ?? "")")
    }
    #expect(failure("train: {shards: a.tar, list: b.txt}")?.contains("'list' cannot be used with 'shards'") == true)
    #expect(
      failure("train: {shards: a.tar, masks: .png}")?.contains("what follows the key in the members' names") == true)
  }

  // MARK: Hostile archives

  private func write(_ bytes: [UInt8], _ name: String) throws {
    try AtomicFile.write(bytes, to: URL(filePath: folder.file(name)))
  }

  struct Hostile: CustomTestStringConvertible, Sendable {
    let problem: String
    let make: @Sendable (inout TestArchive) throws -> [UInt8]
    var testDescription: String { problem }

    /// - Parameter problem: The message behind the archive's path.
    init(_ problem: String, _ make: @escaping @Sendable (inout TestArchive) throws -> [UInt8]) {
      (self.problem, self.make) = (problem, make)
    }

    /// A member of the archive that is wrong.
    static func member(
      _ problem: String, _ add: @escaping @Sendable (inout TestArchive) throws -> Void
    ) -> Hostile {
      Hostile(problem) { archive in
        try add(&archive)
        return archive.whole
      }
    }
  }

  /// Each follows one right sample, whose two members take 2048 bytes.
  static let hostile: [Hostile] = [
    .member("at byte 2048: the archive is truncated: the member has 4096 bytes, and 1024 bytes follow") {
      $0.add("b.png", size: "00000010000")
    },
    .member("at byte 2048: the archive is truncated: the member has 9223372036854775807 bytes") {
      $0.add("b.png") {
        $0.replaceSubrange(124..<136, with: [0x80, 0, 0, 0, 0x7F] + [UInt8](repeating: 0xFF, count: 7))
      }
    },
    .member("at byte 2048: the size in the header is no number") {
      $0.add("b.png") { $0.replaceSubrange(124..<136, with: [UInt8](repeating: 0xFF, count: 12)) }
    },
    .member("at byte 2048: the size in the header is no number") { $0.add("b.png", size: "0000000008x") },
    .member("at byte 2048: the name '../b.png' is not a path below a folder") { $0.add("../b.png") },
    .member("at byte 2048: the name 'x/../../b.png' is not a path below a folder") { $0.add("x/../../b.png") },
    .member("at byte 2048: the name '/etc/b.png' is not a path below a folder") { $0.add("/etc/b.png") },
    .member("at byte 2048: the name '' is not a path below a folder") { $0.add("./") },
    .member("at byte 2048: the member 'b.png' is a link") { $0.add("b.png", type: "2") },
    .member("at byte 2048: the member 'b.png' is a link") { $0.add("b.png", type: "1") },
    .member("at byte 2048: the member 'b.png' is a device or a pipe") { $0.add("b.png", type: "3") },
    .member("at byte 2048: the member 'b.png' is a file with holes") { $0.add("b.png", type: "S") },
    .member("at byte 2048: the member 'b.png' is of the kind 'M'") { $0.add("b.png", type: "M") },
    .member("at byte 2048: a file with holes") {
      $0.add("x", Array("22 GNU.sparse.major=1\n".utf8), type: "x")
      $0.add("b.png")
    },
    .member("at byte 2048: the extended header is damaged") { $0.add("x", Array("99 path=b.png\n".utf8), type: "x") },
    .member("at byte 2048: the extended header is damaged") { $0.add("x", Array("junk\n".utf8), type: "x") },
    .member("at byte 2048: the size in the extended header is no number") {
      $0.add("x", Array("11 size=-1\n".utf8), type: "x")
    },
    .member("at byte 3072: two sizes are given for 'b.png': 3 and 1") {
      $0.add("x", Array("10 size=1\n".utf8), type: "x")
      $0.add("b.png", [1, 2, 3])
    },
    .member("at byte 2048: a record for all members gives a name or a size") {
      $0.add("x", Array("14 path=b.png\n".utf8), type: "g")
    },
    .member("at byte 2048: a long name without a member that has it") { $0.add("x", Array("b.png".utf8), type: "L") },
    .member("at byte 4096: the key 'a' is there twice") {
      try $0.addSample("b")
      $0.add("a.jpg", [1])
    },
    .member("at byte 2048: 'a.png' is there twice") { $0.add("a.png") },
    .member(
      "at byte 2048: 'b.png' has no mask beside it (seg.png, mask.png, seg.tif, mask.tif, seg.tiff, mask.tiff, seg.webp, "
        + "mask.webp, seg.bmp, mask.bmp)"
    ) { $0.add("b.png", [1]) },
    .member("at byte 2048: 'b.seg.png' has no image beside it (jpg, jpeg, png, tif, tiff, webp, bmp)") {
      $0.add("b.seg.png", [1])
    },
    Hostile("at byte 2048: the checksum of the header is wrong") { archive in
      try archive.addSample("b")
      archive.bytes[2048] ^= 1
      return archive.whole
    },
    Hostile("at byte 2048: the archive ends without its mark of two empty blocks: it is truncated") { $0.bytes },
    Hostile("at byte 2048: the archive ends without its mark of two empty blocks: it is truncated") {
      $0.bytes + [UInt8](repeating: 0, count: 512)
    },
    Hostile("at byte 2048: the archive ends without its mark of two empty blocks: it is truncated") {
      $0.bytes + [UInt8](repeating: 0, count: 100)
    },
    Hostile("at byte 2048: the archive ends here, but more follows") { $0.whole + $0.whole },
    Hostile("compressed by gzip") { _ in [0x1F, 0x8B, 8, 0] },
    Hostile("compressed by zstd") { _ in [0x28, 0xB5, 0x2F, 0xFD, 0] },
    Hostile("the file is empty; expected a tar archive") { _ in [] },
    Hostile("at byte 0: the checksum of the header is wrong: the file is damaged, or no tar archive") { _ in
      [UInt8](repeating: 0x41, count: 2048)
    },
  ]

  @Test(arguments: hostile) func `what is wrong with an archive is told in one line`(_ hostile: Hostile) throws {
    var archive = TestArchive()
    try archive.addSample("a")
    #expect(archive.bytes.count == 2048)
    try write(hostile.make(&archive), "x.tar")
    let found = failure("train: {shards: x.tar}") ?? "no error"
    #expect(found.hasPrefix("DATA/x.tar: \(hostile.problem)") && !found.contains("\n"), "\(found)")
  }

  @Test func `an archive of which the index is not is noticed`() throws {
    var archive = TestArchive()
    try archive.addSample("a")
    try write(archive.whole, "x.tar")
    let split = "train: {shards: x.tar}"
    let size = try Image(height: 2, width: 2, filledWith: RGB(9, 9, 9)).png().count
    for (text, problem) in [
      ("v1.1 1\npng 512 \(size) a.png\n", "not an index of version v1.2"),
      ("v1.2 2\npng 512 \(size) a.png\n", "it should have 2 samples and has 1"),
      ("v1.2 1\npng 512 \(size)\n", "line 2: expected a field, a place, a size and a name"),
      ("v1.2 1\npng 512 999999 a.png\n", "line 2: a place or a size that the archive of 3072 bytes cannot have"),
      ("v1.2 1\npng 511 1 a.png\n", "line 2: a place or a size"),
      ("v1.2 1\npng 512 \(size) a.png seg.png 512 1 a.seg.png\n", "line 2: a place or a size"),
    ] {
      try folder.write(text, to: "x.idx")
      let found = failure(split)
      #expect(found?.hasPrefix("DATA/x.idx: \(problem)") == true, "\(found ?? "")")
      #expect(found?.hasSuffix("; delete it to have DATA/x.tar read without it") == true, "\(found ?? "")")
    }
    // It could be right, but the archive has another member there.
    try folder.write("v1.2 1\npng 512 \(size - 1) a.png\n", to: "x.idx")
    let sample = try #require(try dataset(split).samples(of: .train).first)
    #expect(
      message { _ = try sample.decodedImage(orientation: .apply) }?.replacing(folder.path, with: "DATA").hasPrefix(
        "DATA/x.tar/a.png: cannot be read: the archive has no member of \(size - 1) bytes at byte 0, as its index says")
        == true)
    try folder.write("v1.2 1\npng 512 \(size) a.png\n", to: "x.idx")
    #expect(try pairs(split) == [["x.tar/a.png", nil]])
  }
}
