import SegmentationData
import TestSupport

/// Tests of cards whose splits differ, with the files of a folder.
protocol SplitTests {
  var folder: TemporaryFolder { get }
}

extension SplitTests {
  /// The data set of a card with one class.
  /// - Parameter splits: The text below the card's key `splits`.
  func dataset(_ splits: String) throws -> Dataset {
    let yaml = """
      classes:
        - {name: road, color: [128, 64, 128]}
      map: {0: road}
      splits:
        \(splits)
      """
    return try FolderCard(yaml: yaml, path: "\(folder.path)/card.yaml").dataset()
  }

  func touch(_ names: String...) throws {
    for name in names { try folder.write("", to: name) }
  }

  /// Images and masks below the folder.
  func pairs(_ splits: String) throws -> [[String?]] {
    try dataset(splits).samples(of: .train).map { sample in
      [sample.image, sample.mask].map { $0.map { String($0.dropFirst(folder.path.count + 1)) } }
    }
  }

  func failure(_ splits: String) -> String? {
    message { _ = try dataset(splits).samples(of: .train) }?.replacing(folder.path, with: "DATA")
  }
}
