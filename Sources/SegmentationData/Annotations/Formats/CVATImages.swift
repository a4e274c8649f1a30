import Files
import Foundation
import SegmentationImage

/// "CVAT for images 1.1": annotations.xml with polygons, boxes and masks.
struct CVATImages {
  static func read(_ folder: String, _ options: ImportOptions, _ findings: AnnotationFindings) throws -> AnnotatedSet {
    let bounds = options.bounds(folder)
    try FileTree.requireFolder(folder, AnnotationFormat.cvatXML.expectation)
    let xml = "\(folder)/annotations.xml"
    let document = try CVATDocument(xml)
    var table = ClassTable()
    let background = try table.background(options.background, usual: "background")
    for name in options.classes ?? document.labels.map(\.name) {
      try table.add(name, document.labels.first { $0.name == name }?.color)
    }
    let usual = options.split
    var images: [AnnotatedImage] = []
    for entry in document.images {
      let subset = entry.subset.flatMap { SplitFolders.split(named: $0) }
      let folders = ["\(folder)/images", folder] + (entry.subset.map { ["\(folder)/images/\($0)"] } ?? [])
      guard let image = folders.lazy.compactMap({ FileTree.file(entry.name, in: $0, root: bounds) }).first else {
        findings.add(
          .missingImage, "\(xml): image '\(entry.name)'", "it lies neither in images nor beside annotations.xml")
        continue
      }
      images.append(
        AnnotatedImage(split: subset ?? usual, path: image, name: entry.name, sources: [xml]) {
          [table] size, findings in
          guard (entry.height, entry.width) == (size.height, size.width) else {
            throw DataError(
              "\(xml): image '\(entry.name)' has \(entry.height)x\(entry.width) there, the file has \(size)")
          }
          var canvas = LabelCanvas(size: size, background: background)
          for (index, shape) in entry.shapes.sorted(by: { $0.order < $1.order }).enumerated() {
            let place = "\(xml): image '\(entry.name)', shape \(index + 1) ('\(shape.label)')"
            guard let label = table[shape.label] else {
              findings.add(.unknownLabel, place, "it is left out")
              continue
            }
            switch shape.content {
            case .ring(let ring):
              canvas.draw(Shape(label: label, geometry: .polygons([ring])), by: .coco, place: place, findings)
            case .runs(let runs):
              guard let bitmap = runs.bitmap(in: size) else {
                findings.add(
                  .unreadable, place, "its run lengths do not fit its rectangle, or that is larger than the image")
                continue
              }
              canvas.draw(Shape(label: label, geometry: .bitmap(bitmap)), by: .coco, place: place, findings)
            case .other(let kind): findings.add(.kind, place, "'\(kind)' is left out")
            case .damaged(let reason): findings.add(.unreadable, place, reason)
            }
          }
          return canvas.mask
        })
    }
    return AnnotatedSet(classes: table.classes, background: background, images: images)
  }
}
