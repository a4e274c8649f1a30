import Files
import Foundation
import SegmentationData
import TestSupport
import Testing

/// Lists of samples, which are made when they are asked for.
@Suite struct SamplesTests: SplitTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `a listing has the order of the names' bytes, whatever their folders are`() throws {
    let names = ["b-1/x", "b/x", "b.1/x", "a", "b", "B", "b0/x", "\u{E9}", "a-1"]
    for name in names { try touch("images/\(name).jpg", "masks/\(name).png") }
    let found = try pairs("train: {images: images, masks: masks, recursive: true}")
    // A folder comes where its name does, without the slash.
    #expect(
      found.map { $0[0]! } == [
        "images/B.jpg", "images/a-1.jpg", "images/a.jpg", "images/b/x.jpg", "images/b-1/x.jpg", "images/b.1/x.jpg",
        "images/b.jpg", "images/b0/x.jpg", "images/\u{E9}.jpg",
      ])
    #expect(found.allSatisfy { $0[1] == $0[0]!.replacing("images/", with: "masks/").replacing(".jpg", with: ".png") })
  }

  @Test func `places are put together, with and without masks`() throws {
    try touch("day/i/1.jpg", "day/m/1.png", "night/i/2.jpg", "other/3.jpg")
    try folder.write("other/3.jpg\n", to: "list.txt")
    #expect(
      try pairs(
        "train: [{root: day, images: i, masks: m}, {root: night, images: i}, {list: list.txt}]")
        == [["day/i/1.jpg", "day/m/1.png"], ["night/i/2.jpg", nil], ["other/3.jpg", nil]])
  }

  @Test func `a data set lists its files once`() throws {
    try touch("images/1.jpg", "masks/1.png")
    let dataset = try dataset("train: {images: images, masks: masks}")
    let first = try dataset.samples(of: .train)
    try touch("images/2.jpg", "masks/2.png")
    #expect(try dataset.samples(of: .train) == first && first.count == 1)
    #expect(try pairs("train: {images: images, masks: masks}").count == 2)
  }

  @Test func `samples are made when they are asked for`() {
    let samples = Samples(count: 1_000_000_000) { Sample(image: "\($0).png", mask: nil) }
    #expect(samples.count == 1_000_000_000 && samples[999_999_999].image == "999999999.png")
    #expect(
      Samples([samples[3], samples[5]]) == [Sample(image: "3.png", mask: nil), Sample(image: "5.png", mask: nil)])
  }

  @Test func `a listing tells how far it is`() throws {
    for number in 0..<4100 { try folder.write("", to: "images/\(number).png") }
    let counts = Counts()
    let count = try ListingProgress.watching({ counts.add($0) }) {
      try dataset("train: {images: images}").samples(of: .train).count
    }
    #expect(count == 4100 && counts.list == [4096, 0])
  }

  private final class Counts: @unchecked Sendable {
    private let lock = NSLock()
    private(set) var list: [Int] = []
    @Sendable func add(_ count: Int) { lock.withLock { list.append(count) } }
  }
}
