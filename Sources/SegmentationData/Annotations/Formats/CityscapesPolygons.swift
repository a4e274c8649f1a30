import Files
import SegmentationImage

/// The polygons of Cityscapes and of data sets in its form.
struct CityscapesPolygons {
  private struct File: Decodable {
    struct Object: Decodable {
      let label: String
      let polygon: [CodedPoint]
      let deleted: Int?
    }
    let imgHeight: Int
    let imgWidth: Int
    let objects: [Object]
  }

  /// The classes of Cityscapes that do not count in its scores.
  private static let ignored: Set<String> = [
    "unlabeled", "ego vehicle", "rectification border", "out of roi", "static", "dynamic", "ground", "parking",
    "rail track", "guard rail", "bridge", "tunnel", "polegroup", "caravan", "trailer", "license plate",
  ]

  static func read(_ folder: String, _ options: ImportOptions, _ findings: AnnotationFindings) throws -> AnnotatedSet {
    let bounds = options.bounds(folder)
    try FileTree.requireFolder("\(folder)/gtFine", AnnotationFormat.cityscapes.expectation)
    let usual = LabelSet.cityscapes.classes
    var table = options.classes == nil ? ClassTable(ignored: ignored) : ClassTable()
    for name in options.classes ?? usual.map(\.name) { try table.add(name, usual.first { $0.name == name }?.color) }
    let background = options.background == .usual ? nil : try table.background(options.background, usual: "background")
    let ending = "_gtFine_polygons.json"
    var images: [AnnotatedImage] = []
    for split in Split.allCases {
      let place = "\(folder)/gtFine/\(split.rawValue)"
      guard FileSystem.isFolder(place) else { continue }
      for json in try FileTree.files(below: place, extension: "json") where json.hasSuffix(ending) {
        let stem = String(json.dropFirst(place.count + 1).dropLast(ending.count)) + "_leftImg8bit"
        guard let image = FileTree.image(named: stem, in: "\(folder)/leftImg8bit/\(split.rawValue)", root: bounds)
        else {
          findings.add(.missingImage, json, "leftImg8bit/\(split.rawValue) has no image '\(stem)'")
          continue
        }
        let name = "\(stem).\(ImageListing.stemAndExtension(image).fileExtension)"
        images.append(
          AnnotatedImage(split: split, path: image, name: name, sources: [json]) { [table] size, findings in
            let file = try JSONFile.decode(File.self, json)
            guard (file.imgHeight, file.imgWidth) == (size.height, size.width) else {
              throw DataError("\(json): it is for \(file.imgHeight)x\(file.imgWidth), the image has \(size)")
            }
            var canvas = LabelCanvas(size: size, background: background)
            for (index, object) in file.objects.enumerated() where object.deleted != 1 {
              let place = "\(json): object \(index + 1) ('\(object.label)')"
              // A group of things counts as one of them.
              let group = object.label.hasSuffix("group") ? String(object.label.dropLast(5)) : nil
              guard let label = table[object.label] ?? group.flatMap({ table[$0] }) else {
                findings.add(.unknownLabel, place, "it is left out")
                continue
              }
              let shape = Shape(label: label, geometry: .polygons([object.polygon.map(\.point)]))
              canvas.draw(shape, by: .pillow, place: place, findings)
            }
            return canvas.mask
          })
      }
    }
    guard !images.isEmpty || !findings.counts.isEmpty else {
      throw DataError("\(folder)/gtFine: there is no *\(ending); expected \(AnnotationFormat.cityscapes.expectation)")
    }
    return AnnotatedSet(classes: table.classes, background: background, images: images)
  }
}
