import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

/// The data sets that are known by name, each on a small tree in its layout.
@Suite struct NamedDataSetTests {
  private static let trees = DataTree.streets + DataTree.scenes

  @Test func `every data set that is known by name has a tree`() {
    #expect(Self.trees.map(\.name).sorted() == FolderCard.names)
    #expect(Self.trees.count == 24)
  }

  @Test(arguments: trees) func `the images of each split are found with their masks`(tree: DataTree) throws {
    let folder = try TemporaryFolder()
    try tree.write(to: folder)
    let dataset = try Dataset.open(kind: tree.name, root: folder.path)
    #expect(dataset.name == tree.name && dataset.labels.classes.count == tree.classes)
    for split in Split.allCases {
      guard let pairs = tree.splits[split] else {
        #expect(message { _ = try dataset.samples(of: split) } != nil)
        continue
      }
      let found = try dataset.samples(of: split).map { sample in
        [sample.image, sample.mask].map { $0.map { String($0.dropFirst(folder.path.count + 1)) } }
      }
      // Folders are listed by name, and "trail-3" comes before "trail/".
      let expected = pairs.map { [$0.image, $0.mask] }
      #expect(Set(found) == Set(expected) && found.count == expected.count, "\(split)")
    }
  }

  @Test(arguments: trees) func `values and colors have the meanings that the authors give them`(tree: DataTree) throws {
    let folder = try TemporaryFolder()
    try tree.write(to: folder)
    let splits = Split.allCases.filter { tree.splits[$0] != nil }
    let report = try DataChecker(Dataset.open(kind: tree.name, root: folder.path)).check(splits)
    #expect(report.problems == [])
    for split in report.splits where split.split != .test || tree.splits[.test]?.first?.mask != nil {
      for (value, meaning) in tree.meanings {
        #expect(split.rawValues.first { $0.value == value }?.meaning == meaning, "\(split.split) \(value)")
      }
      #expect(split.rawValues.allSatisfy { $0.meaning != nil })
    }
  }

  @Test(arguments: trees) func `the folder must be given, and a missing one is named`(tree: DataTree) throws {
    #expect(
      message { _ = try Dataset.open(kind: tree.name.uppercased(), root: "").samples(of: .train) }
        == "the data set's folder is not given: --data-root (data.root) names it")
    let error = message { _ = try Dataset.open(kind: tree.name, root: "/none").samples(of: .train) }
    #expect(error?.hasPrefix("/none/") == true && error?.contains("\n") == false)
  }

  @Test func `splits that a data set lacks are named with the way out`() throws {
    #expect(
      message { _ = try Dataset.open(kind: "kitti", root: "/data").samples(of: .val) }
        == "kitti has no split 'val' (it has train, test); data.validation_share (such as 0.1) takes validation images "
        + "from train, --no-validation trains without any")
  }

  /// cityscapesscripts.helpers.labels and mmsegmentation agree on these.
  @Test func `data sets of streets share the classes of Cityscapes`() throws {
    for name in ["acdc", "bdd100k", "gta5", "kitti"] {
      #expect(try Dataset.open(kind: name, root: "").labels.classes == LabelSet.cityscapes.classes, "\(name)")
    }
  }
}
