import Basics
import Files
import Foundation
import SegmentationImage
import Synchronization

/// Turns the annotations of another tool into masks, lists of samples and a card.
///
/// The folder that it writes has this layout, in which images stay where they are:
///
/// ```
/// card.yaml            the classes, and the lists of the splits
/// train.txt            the path of an image, a tab, and the path of its mask, on each line
/// masks/train/a.png    the class of each pixel, in the classes' colors
/// ```
///
/// The same annotations give the same bytes. An import that was interrupted goes on with the masks that are missing.
public struct AnnotationImport: Sendable {
  /// The layout of the annotations.
  public let format: AnnotationFormat
  /// The folder or file with the annotations.
  public let path: String
  /// The folder to write.
  public let output: String
  /// How annotations become masks.
  public let options: ImportOptions

  /// Prepares an import.
  public init(
    _ format: AnnotationFormat, from path: String, to output: String, options: ImportOptions = ImportOptions()
  ) {
    self.format = format
    self.path = AnnotationFormat.trimmed(path)
    self.output = AnnotationFormat.trimmed(output)
    self.options = options
  }

  /// The result of an import.
  public struct Report: Sendable {
    /// The path of the card.
    public let card: String
    /// The number of images with masks in each split.
    public let images: [Split: Int]
    /// The number of masks that an earlier, interrupted import had written.
    public let kept: Int
    /// The classes in the order of their numbers.
    public let classes: [ClassInfo]
  }

  /// Writes the folder.
  /// - Parameters:
  ///   - findings: Takes what was wrong with single files and shapes.
  ///   - isStrict: Whether anything that is found ends the import without a card.
  ///   - progress: Called from any thread with the number of masks that are done and the number of all.
  /// - Throws: `DataError`, also if no image is left, or for anything found in a strict import.
  public func run(
    findings: AnnotationFindings, isStrict: Bool = false, progress: @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws -> Report {
    try format.requireSource(path)
    let journal = try Journal(self)
    let set = try format.read(path, options, findings)
    let images = try named(set.images)
    let done = Atomic(0), kept = Atomic(0)
    let bad = Mutex(Set<Int>())
    let palette = Palette(set.classes.map(\.color))
    try journal.begin()
    try Parallel.forEach(images.count) { index, _ in
      let (image, mask) = images[index]
      if FileSystem.kind(of: mask) == .file {
        kept.add(1, ordering: .relaxed)
      } else {
        do {
          let drawn = try image.draw(ImageSize(ofImageAt: image.path), findings)
          try FileSystem.makeFolder(FileSystem.folder(of: mask))
          try drawn.write(to: URL(filePath: mask), palette: palette)
        } catch let error where error is DataError || (error as? ImageError)?.path != mask {
          findings.add(.unreadable, image.path, "\(error); the image is left out")
          bad.withLock { _ = $0.insert(index) }
        }
      }
      progress(done.add(1, ordering: .relaxed).newValue, images.count)
    }
    let good = images.indices.filter { index in bad.withLock { !$0.contains(index) } }.map { images[$0] }
    guard !good.isEmpty else { throw DataError("\(path): no image with annotations is left") }
    if isStrict, !findings.counts.isEmpty {
      throw DataError("\(path): problems were found, and --strict allows none; no card was written")
    }
    let card = try CardWriter(output: output, name: FileTree.lastName(path), set: set, samples: good).write()
    journal.end()
    return Report(
      card: card, images: Dictionary(grouping: good, by: \.image.split).mapValues(\.count),
      kept: kept.load(ordering: .relaxed), classes: set.classes)
  }

  /// The images with the paths of their masks, of which no two are the same.
  private func named(_ images: [AnnotatedImage]) throws -> [(image: AnnotatedImage, mask: String)] {
    var used: [String: String] = [:]
    return try images.map { image in
      let parts = image.name.split { $0 == "/" || $0 == "\\" }.map(String.init)
      guard !parts.isEmpty, !parts.contains(where: { $0 == ".." || $0 == "." }) else {
        throw DataError("\(image.path): '\(image.name)' cannot be the name of a mask")
      }
      let name = "\(image.split.rawValue)/\(parts.joined(separator: "/"))"
      let (stem, ending) = ImageListing.stemAndExtension(name)
      // a.jpg and a.png get masks of their own.
      let mask = used[stem.lowercased()] == nil ? "\(stem).png" : "\(stem).\(ending).png"
      let key = String(mask.dropLast(4)).lowercased()
      if let other = used.updateValue(image.path, forKey: key) {
        throw DataError("\(image.path): its mask would have the same name as that of \(other)")
      }
      return (image, "\(output)/masks/\(mask)")
    }
  }
}
