import Foundation
import SceneSynthesis
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

@Suite struct SceneSynthesizerTests {
  @Test func scenesDependOnSeedAndNumberAlone() {
    let size = ImageSize(height: 64, width: 128)
    let first = SceneSynthesizer(size: size, seed: 1).scene(3)
    let again = SceneSynthesizer(size: size, seed: 1).scene(3)
    #expect(first.image == again.image && first.mask == again.mask)
    #expect(SceneSynthesizer(size: size, seed: 1).scene(4).mask != first.mask)
    #expect(SceneSynthesizer(size: size, seed: 2).scene(3).mask != first.mask)
    #expect(first.image.size == size && first.mask.size == size)
  }

  @Test func everyClassHasItsShare() {
    let synthesizer = SceneSynthesizer(size: ImageSize(height: 128, width: 256), seed: 5)
    var counts = [Int](repeating: 0, count: 256)
    for number in 0..<24 { for value in synthesizer.scene(number).mask.values { counts[Int(value)] += 1 } }
    let total = Double(counts.reduce(0, +))
    let shown = Set(counts.indices.filter { counts[$0] > 0 })
    #expect(shown == [1, 7, 8, 11, 17, 20, 21, 22, 23, 24, 26])
    // Enough of each to learn from: half a percent at least.
    for id in shown { #expect(Double(counts[id]) / total > 0.005, "id \(id)") }
    #expect(Double(counts[7]) / total < 0.5)
  }

  /// A picture that ignores its labels would be hard to learn from: classes must differ in color.
  @Test func labelsFitThePicture() {
    let (image, mask) = SceneSynthesizer(seed: 2).scene(1)
    func mean(_ id: UInt8) -> Double {
      let places = mask.values.indices.filter { mask.values[$0] == id }
      return places.reduce(0.0) { $0 + Double(image.pixels[3 * $1 + 2]) - Double(image.pixels[3 * $1]) }
        / Double(max(1, places.count))
    }
    #expect(mean(23) > mean(21) + 10)  // the sky is bluer than leaves
    #expect(mask.values.suffix(512 * 20).allSatisfy { [1, 7, 8, 22, 24, 26].contains($0) })  // no sky below
  }

  @Test func writesCityscapesLayout() throws {
    try withTemporaryFolder { folder in
      let root = folder.path + "/scenes"
      let synthesizer = SceneSynthesizer(size: ImageSize(height: 48, width: 96), seed: 9)
      #expect(try synthesizer.write(12, to: URL(filePath: root)) == .init(train: 9, val: 3))
      let dataset = try Dataset.open(kind: "cityscapes", root: root)
      #expect(try dataset.samples(of: .train).count == 9)
      #expect(try dataset.samples(of: .val).count == 3)
      let report = try DataChecker(dataset).check()
      #expect(report.problems == [])
      #expect(report.splits.map(\.images) == [9, 3])
      #expect(report.splits[0].classes.count { $0.pixels > 0 } >= 8)
      #expect(throws: DataError.self) { try synthesizer.write(1, to: URL(filePath: root)) }
    }
  }
}
