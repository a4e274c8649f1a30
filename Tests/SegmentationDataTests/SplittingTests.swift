import Foundation
import SegmentationData
import TestSupport
import Testing

@Suite struct SplittingTests {
  private func dataset(_ names: [String], root: String = "/data", val: [String] = []) -> Dataset {
    Dataset(name: "made", root: root, labels: .camVid) { split throws(DataError) -> [Sample] in
      switch split {
      case .train: names.map { Sample(image: "\(root)/\($0)", mask: nil) }
      case .val where val.isEmpty: throw DataError("no val")
      case .val: val.map { Sample(image: "\(root)/\($0)", mask: nil) }
      case .test: []
      }
    }
  }

  private func names(_ dataset: Dataset, _ split: Split) throws -> [String] {
    try dataset.samples(of: split).map { String($0.image.dropFirst(dataset.root.count + 1)) }
  }

  // python3: names = [f"{i}.png" for i in range(10)]
  // sorted(sorted(names, key=lambda n: hashlib.sha256(n.encode()).hexdigest())[:3])
  @Test func `the share is drawn from names alone`() throws {
    let all = (0..<10).map { "\($0).png" }
    let split = dataset(all).splitting(validationShare: 0.3)
    let val = try names(split, .val)
    #expect(val == ["0.png", "6.png", "8.png"])
    #expect(try names(split, .train) == all.filter { !val.contains($0) })
    let elsewhere = dataset(all.reversed(), root: "/mnt/other").splitting(validationShare: 0.3)
    #expect(try names(elsewhere, .val) == val.reversed())
  }

  @Test(arguments: [(0.001, 2, 1), (0.999, 2, 1), (0.5, 5, 3), (0.1, 100, 10)])
  func `one image at least is on each side`(share: Double, count: Int, expected: Int) throws {
    let split = dataset((0..<count).map { "\($0).png" }).splitting(validationShare: share)
    #expect(try split.samples(of: .val).count == expected)
    #expect(try split.samples(of: .train).count == count - expected)
  }

  @Test func `a split of its own and a single image are refused`() {
    #expect(
      message { _ = try dataset(["a", "b"], val: ["c"]).splitting(validationShare: 0.5).samples(of: .train) }
        == "data.validation_share takes validation images from train, but made has a split 'val' of its own: "
        + "leave data.validation_share out")
    #expect(
      message { _ = try dataset(["a"]).splitting(validationShare: 0.5).samples(of: .val) }
        == "data.validation_share needs at least 2 images in train, found 1")
  }

  @Test func `a card without validation images says what to do`() throws {
    let folder = try TemporaryFolder()
    let card = """
      classes: [{name: a, color: [1, 2, 3]}]
      map: {0: a}
      splits: {train: {images: images, masks: masks}}
      """
    try folder.write(card, to: "card.yaml")
    for name in ["images/1.png", "images/2.png", "masks/1.png", "masks/2.png"] { try folder.write("", to: name) }
    var options = DataOptions()
    options.dataset = "\(folder.path)/card.yaml"
    #expect(
      message { _ = try Dataset.open(options).samples(of: .val) }
        == "\(folder.path)/card.yaml: no split 'val' in the card (it has train); data.validation_share (such as 0.1) "
        + "takes validation images from train, --no-validation trains without any")
    options.validationShare = 0.5
    #expect(try Dataset.open(options).samples(of: .val).count == 1)
    #expect(try Dataset.open(options).samples(of: .train).count == 1)
  }

  @Test(arguments: [0, 1, -0.5, .nan, .infinity]) func `shares without meaning are refused`(share: Double) {
    var options = DataOptions()
    options.validationShare = share
    #expect(
      message { try options.validate() }
        == "validation_share: expected a share above 0 and below 1, such as 0.1, found \(share)")
  }

  @Test func `paths are stored so that they are found from any folder`() {
    var options = DataOptions()
    let here = FileManager.default.currentDirectoryPath
    options.dataset = "cards/garden.yaml"
    options.root = "./pictures"
    #expect(options.located().dataset == "\(here)/cards/garden.yaml")
    #expect(options.located().root == "\(here)/pictures")
    #expect(options.located().located() == options.located())
    options.dataset = "camvid"
    options.root = ""
    #expect(options.located() == options)
    options.root = "/data"
    #expect(options.located() == options)
  }
}
