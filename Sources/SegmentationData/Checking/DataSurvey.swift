import SegmentationImage

/// The results of a check together with the facts about each sample.
public struct DataSurvey: Sendable {
  /// The results of the check.
  public let report: DataReport
  /// The samples of all splits that could be listed, in the order of the splits and of their lists.
  public let samples: [SampleFacts]
}

/// The content of a sample in numbers, and the problems that a check finds with it.
public struct SampleFacts: Equatable, Sendable {
  /// The split that the sample belongs to.
  public let split: Split
  /// The sample's place in the list of its split, from 0.
  public let index: Int
  /// The path of the image, or the name of a sample that is in no file.
  public let image: String
  /// The size of the image in pixels; `nil` if it cannot be read.
  public let size: ImageSize?
  /// The number of pixels of each class that occurs, by training id.
  public let classPixels: [UInt8: Int]
  /// The number of pixels that are ignored or have a value that stands for no class.
  public let unlabelledPixels: Int
  /// The number of connected areas: pixels of one class that touch each other at sides or corners.
  public let parts: Int
  /// The findings of the check that concern this sample, one line each.
  public private(set) var findings: [String]

  package init(
    split: Split, index: Int, image: String, size: ImageSize?, classPixels: [UInt8: Int], unlabelledPixels: Int,
    parts: Int,
    findings: [String] = []
  ) {
    self.split = split
    self.index = index
    self.image = image
    self.size = size
    self.classPixels = classPixels
    self.unlabelledPixels = unlabelledPixels
    self.parts = parts
    self.findings = findings
  }

  /// The number of pixels that have a class.
  public var labelledPixels: Int { classPixels.values.reduce(0, +) }

  /// The share of a class among the labelled pixels, from 0 to 1.
  public func share(of id: UInt8) -> Double {
    let labelled = labelledPixels
    return labelled == 0 ? 0 : Double(classPixels[id] ?? 0) / Double(labelled)
  }

  /// The share of the mask's pixels that have no class, from 0 to 1; 0 without a mask.
  public var unlabelledShare: Double {
    let all = labelledPixels + unlabelledPixels
    return all == 0 ? 0 : Double(unlabelledPixels) / Double(all)
  }
}

extension SampleFacts {
  /// The facts that the counts over a single sample tell.
  init(
    _ sample: Sample, _ index: Int, of split: Split, _ tally: SplitTally, parts: Int, valueText: (UInt32) -> String
  ) {
    var findings = tally.badFiles.first.map { file in
      file.file == sample.image ? file.reason : "\(file.file): \(file.reason)"
    }
    if tally.unlistedPixels > 0 {
      let values = tally.firstPlaces.keys.sorted()
      let shown = values.prefix(8).map(valueText).joined(separator: ", ")
      let (one, more) = (values.count == 1, values.count > 8 ? ", ... (\(values.count) values)" : "")
      findings.append(
        "\(one ? "a value stands" : "values stand") for no class: \(shown)\(more), \(tally.unlistedPixels) pixels")
    }
    if tally.unlabelledMasks > 0 { findings.append("no pixel is labelled") }
    let labelled = tally.classPixels.enumerated().filter { $0.element > 0 }
    self.init(
      split: split, index: index, image: sample.image, size: tally.sizes.keys.first,
      classPixels: Dictionary(uniqueKeysWithValues: labelled.map { (UInt8($0.offset), $0.element) }),
      unlabelledPixels: tally.ignoredPixels + tally.unlistedPixels, parts: parts, findings: findings)
  }

  /// The same facts with a finding if the image is also in other splits.
  /// - Parameter groups: The images that occur in several splits, by the path of each of them.
  func naming(_ groups: [String: SharedFile]) -> SampleFacts {
    guard let group = groups[image] else { return self }
    var facts = self
    let others = group.files.filter { $0 != image }
    facts.findings.append("the same image in several splits: \(others.joined(separator: ", "))")
    return facts
  }
}
