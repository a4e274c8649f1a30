import Files
import SegmentationImage

/// CVAT's "Segmentation mask 1.1". Classes are told by the colors of labelmap.txt, never by their order, which differs
/// from export to export.
struct CVAT {
  static func read(_ folder: String, _ options: ImportOptions, _ findings: AnnotationFindings) throws -> AnnotatedSet {
    let bounds = options.bounds(folder)
    try FileTree.requireFolder(folder, AnnotationFormat.cvat.expectation)
    let labels = try labelMap("\(folder)/labelmap.txt")
    var table = ClassTable()
    for name in options.classes ?? labels.map(\.name) {
      try table.add(name, labels.first { $0.name == name }?.color)
    }
    let black = labels.first { $0.color == .black }?.name
    let background =
      options.background == .usual && black == nil
      ? nil : try table.background(options.background, usual: black ?? "background")
    var numbers: [RGB: UInt8] = [.black: background ?? LabelSet.ignored]
    for label in labels { numbers[label.color] = table[label.name] }
    var images: [AnnotatedImage] = []
    for (split, names) in try lists(of: folder, options, findings) {
      for name in names {
        guard let mask = FileTree.file("\(name).png", in: "\(folder)/SegmentationClass", root: bounds) else {
          findings.add(.unlabelled, "\(folder)/SegmentationClass/\(name).png", "there is no such mask")
          continue
        }
        let folders = ["\(folder)/JPEGImages", "\(folder)/images", folder]
        guard let image = folders.lazy.compactMap({ FileTree.image(named: name, in: $0, root: bounds) }).first else {
          findings.add(.missingImage, mask, "no image of this name lies in JPEGImages; export the task with its images")
          continue
        }
        let ending = ImageListing.stemAndExtension(image).fileExtension
        images.append(
          AnnotatedImage(split: split, path: image, name: "\(name).\(ending)", sources: [mask]) {
            [numbers] size, findings in
            try MaskFile.colors(mask, size: size, findings) { numbers[$0] }
          })
      }
    }
    return AnnotatedSet(classes: table.classes, background: background, images: images)
  }

  /// Reads lines such as `cat:48,112,32::`.
  private static func labelMap(_ path: String) throws -> [(name: String, color: RGB)] {
    var labels: [(name: String, color: RGB)] = []
    for line in try TextLines.of(path) where !line.hasPrefix("#") {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      let bytes = fields.count > 1 ? fields[1].split(separator: ",").compactMap { UInt8(TextLines.trimmed($0)) } : []
      guard bytes.count == 3, !fields[0].isEmpty else {
        throw DataError("\(path): '\(line.printable(limit: 80))' is no line like name:red,green,blue::")
      }
      let color = RGB(bytes[0], bytes[1], bytes[2])
      if let other = labels.first(where: { $0.color == color }) {
        throw DataError("\(path): '\(fields[0])' and '\(other.name)' have the same color \(color)")
      }
      labels.append((String(fields[0]), color))
    }
    guard !labels.isEmpty else { throw DataError("\(path): it has no labels") }
    return labels
  }

  /// The names that the lists of ImageSets/Segmentation hold; all masks if there is no list.
  private static func lists(
    of folder: String, _ options: ImportOptions, _ findings: AnnotationFindings
  ) throws -> [(split: Split, names: [String])] {
    let lists = "\(folder)/ImageSets/Segmentation"
    var found: [(split: Split, names: [String])] = []
    for name in (try? FileSystem.names(in: lists)) ?? [] where name.hasSuffix(".txt") {
      let split = SplitFolders.split(named: String(name.dropLast(4))) ?? options.split
      found.append((split, try TextLines.of("\(lists)/\(name)")))
    }
    guard found.isEmpty else { return found }
    let masks = "\(folder)/SegmentationClass"
    try FileTree.requireFolder(masks, "CVAT's masks")
    let names = try FileTree.files(below: masks, extension: "png").map { $0.dropFirst(masks.count + 1).dropLast(4) }
    return [(options.split, names.map(String.init))]
  }
}
