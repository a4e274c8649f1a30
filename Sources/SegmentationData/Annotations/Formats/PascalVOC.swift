import Files
import SegmentationImage

/// Pascal VOC: palette masks, with 255 along the borders of things.
struct PascalVOC {
  /// The classes of VOC 2007 to 2012, in the order of their values.
  private static let classes = [
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "dining table",
    "dog", "horse", "motorbike", "person", "potted plant", "sheep", "sofa", "train", "tv monitor",
  ]

  static func read(_ folder: String, _ options: ImportOptions, _ findings: AnnotationFindings) throws -> AnnotatedSet {
    let bounds = options.bounds(folder)
    try FileTree.requireFolder("\(folder)/SegmentationClass", AnnotationFormat.voc.expectation)
    let names = try options.classes ?? list(of: "\(folder)/class_names.txt") ?? classes
    let table = try ClassTable(names: names, colors: Palette.distinct.colors)
    let lists = "\(folder)/ImageSets/Segmentation"
    var images: [AnnotatedImage] = []
    for (file, split) in [("train", Split.train), ("val", .val), ("test", .test)] {
      guard let lines = try list(of: "\(lists)/\(file).txt") else { continue }
      for name in lines {
        guard let image = FileTree.image(named: name, in: "\(folder)/JPEGImages", root: bounds) else {
          findings.add(.missingImage, "\(lists)/\(file).txt", "JPEGImages has no image '\(name)'")
          continue
        }
        guard let mask = FileTree.file("\(name).png", in: "\(folder)/SegmentationClass", root: bounds) else {
          findings.add(.unlabelled, image, "SegmentationClass has no mask of this name")
          continue
        }
        let ending = ImageListing.stemAndExtension(image).fileExtension
        images.append(
          AnnotatedImage(split: split, path: image, name: "\(name).\(ending)", sources: [mask]) {
            [count = names.count] size, findings in
            try MaskFile.values(mask, size: size, findings) { value in
              value == LabelSet.ignored ? LabelSet.ignored : Int(value) < count ? value : nil
            }
          })
      }
    }
    guard !images.isEmpty || !findings.counts.isEmpty else {
      throw DataError(
        "\(lists): there is no train.txt, val.txt or test.txt with names; expected \(AnnotationFormat.voc.expectation)")
    }
    return AnnotatedSet(classes: table.classes, background: 0, images: images)
  }

  private static func list(of path: String) throws -> [String]? {
    guard FileSystem.kind(of: path) == .file else { return nil }
    return try TextLines.of(path).filter { $0 != "__ignore__" }
  }
}
