import Files
import SegmentationImage
import Synchronization

extension Dataset {
  /// The data set of annotations that another tool wrote. The labels of an image are drawn each time it is read, and equal
  /// the masks that `AnnotationImport` writes with the same options; classes, splits and the order of the images do, too.
  /// - Parameters:
  ///   - format: The layout of the annotations.
  ///   - path: The folder or file with the annotations.
  ///   - options: How annotations become masks.
  /// - Throws: `DataError` if there are no such annotations, or they name no image that is there.
  public static func annotations(
    _ format: AnnotationFormat, at path: String, options: ImportOptions = ImportOptions()
  ) throws(DataError) -> Dataset {
    let path = AnnotationFormat.trimmed(path)
    try format.requireSource(path)
    let findings = AnnotationFindings()
    let set: AnnotatedSet
    do { set = try format.read(path, options, findings) } catch {
      throw error as? DataError ?? DataError("\(error)")
    }
    let advice = "'rtseg data import \(format.rawValue)' lists all that cannot be used"
    guard !set.images.isEmpty else { throw DataError("\(path): no image with annotations is left; \(advice)") }
    let ids = set.classes.indices.map { UInt8($0) } + [LabelSet.ignored]
    let labels = LabelSet(
      classes: set.classes, encoding: .values(Dictionary(uniqueKeysWithValues: ids.map { (UInt16($0), $0) })))
    let samples = AnnotatedSamples(set.images, findings: findings)
    let folder = FileSystem.isFolder(path) ? path : FileSystem.folder(of: path)
    return Dataset(
      name: FileTree.lastName(FileSystem.realPath(path) ?? path).printable(limit: 200), root: folder, labels: labels
    ) { split throws(DataError) -> SplitListing in
      guard let own = samples.bySplit[split] else {
        throw DataError(samples.lack(of: split, path: path), lacksSplit: true)
      }
      return SplitListing(samples: Samples(own), notes: { findings.notes(advice: advice) })
    }
  }
}

/// The samples of annotations. What is wrong with an image's shapes is noted when they are drawn for the first time.
private struct AnnotatedSamples: Sendable {
  private(set) var bySplit: [Split: [Sample]] = [:]

  init(_ images: [AnnotatedImage], findings: AnnotationFindings) {
    let drawn = DrawnImages()
    for (index, image) in images.enumerated() {
      let drawing = LabelDrawing(sources: image.sources) {
        // The masks of an import have this size, too.
        let size = try ImageSize(ofImageAt: image.path)
        return try image.draw(size, drawn.isFirst(index) ? findings : AnnotationFindings())
      }
      bySplit[image.split, default: []].append(Sample(image: image.path, drawing: drawing))
    }
  }

  func lack(of split: Split, path: String) -> String {
    let known = Split.allCases.filter { bySplit[$0] != nil }.map(\.rawValue).joined(separator: ", ")
    let way =
      split == .val && bySplit[.train] != nil
      ? "; data.validation_share (such as 0.1) takes validation images from train, --no-validation trains without any"
      : ""
    return "\(path): the annotations have no split '\(split.rawValue)' (they have \(known))\(way)"
  }
}

/// The numbers of the images that have been drawn.
private final class DrawnImages: Sendable {
  private let numbers = Mutex(Set<Int>())

  func isFirst(_ number: Int) -> Bool { numbers.withLock { $0.insert(number).inserted } }
}

extension AnnotationFindings {
  /// A line for each kind of problem, with the first one.
  fileprivate func notes(advice: String) -> [String] {
    counts.map { kind, count in
      let first = lines(of: kind).first ?? ""
      return "annotations: \(kind.rawValue): \(first)\(count > 1 ? " (and \(count - 1) more; \(advice))" : "")"
    }
  }
}
