import Files
import SegmentationImage

/// Roboflow's "semantic segmentation masks": gray masks beside the images, and their values in _classes.csv.
struct Roboflow {
  static func read(_ folder: String, _ options: ImportOptions, _ findings: AnnotationFindings) throws -> AnnotatedSet {
    let bounds = options.bounds(folder)
    try FileTree.requireFolder(folder, AnnotationFormat.roboflow.expectation)
    let splits = SplitFolders.names.filter { FileSystem.kind(of: "\(folder)/\($0.name)/_classes.csv") == .file }
    guard !splits.isEmpty else {
      throw DataError(
        "\(folder): no _classes.csv lies in train, valid or test; expected \(AnnotationFormat.roboflow.expectation)")
    }
    var table = ClassTable()
    for name in options.classes ?? [] { try table.add(name) }
    var images: [AnnotatedImage] = []
    for (name, split) in splits {
      let place = "\(folder)/\(name)"
      var numbers: [UInt8: UInt8] = [255: LabelSet.ignored]
      for (value, label) in try classes("\(place)/_classes.csv") {
        if options.classes == nil { try table.add(label) }
        numbers[value] = table[label]
      }
      for path in try ImageListing(of: place).images {
        let (stem, ending) = ImageListing.stemAndExtension(path)
        if stem.hasSuffix("_mask") { continue }
        guard let image = FileTree.file(path, in: place, root: bounds) else {
          findings.add(.missingImage, "\(place)/\(path)", "it leads outside of \(folder)")
          continue
        }
        guard let mask = FileTree.file("\(stem)_mask.png", in: place, root: bounds) else {
          findings.add(.unlabelled, "\(place)/\(path)", "there is no \(stem)_mask.png")
          continue
        }
        images.append(
          AnnotatedImage(split: split, path: image, name: "\(stem).\(ending)", sources: [mask]) {
            [numbers] size, findings in
            try MaskFile.values(mask, size: size, findings) { numbers[$0] }
          })
      }
    }
    return AnnotatedSet(classes: table.classes, background: nil, images: images)
  }

  /// Reads lines such as `0, background` below a line of titles.
  private static func classes(_ path: String) throws -> [(value: UInt8, label: String)] {
    var found: [(value: UInt8, label: String)] = []
    for (number, line) in try TextLines.of(path).enumerated() where number > 0 {
      let fields = line.split(separator: ",", maxSplits: 1).map { TextLines.trimmed($0) }
      guard fields.count == 2, let value = UInt8(fields[0]) else {
        throw DataError("\(path): '\(line.printable(limit: 80))' is no line like 1, name")
      }
      found.append((value, fields[1]))
    }
    guard !found.isEmpty else { throw DataError("\(path): it has no classes") }
    return found
  }
}
