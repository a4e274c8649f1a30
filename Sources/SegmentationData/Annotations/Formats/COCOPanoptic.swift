import Files
import Foundation
import SegmentationImage

/// COCO's panoptic form: PNG files whose colors are numbers of segments.
struct COCOPanoptic {
  private struct File: Decodable {
    struct Image: Decodable {
      let id: Int
      let file_name: String
    }
    struct Segment: Decodable {
      let id: Int
      let category_id: Int
    }
    struct Annotation: Decodable {
      let image_id: Int
      let file_name: String
      let segments_info: [Segment]
    }
    struct Category: Decodable {
      let id: Int
      let name: String
      let color: RGB?
    }
    let images: [Image]
    let annotations: [Annotation]
    let categories: [Category]
  }

  static func read(_ folder: String, _ options: ImportOptions, _ findings: AnnotationFindings) throws -> AnnotatedSet {
    let bounds = options.bounds(folder)
    try FileTree.requireFolder("\(folder)/annotations", AnnotationFormat.cocoPanoptic.expectation)
    var files: [(split: Split, name: String, json: String, file: File)] = []
    for (name, split) in SplitFolders.names {
      for year in ["", "2017"] {
        let json = "\(folder)/annotations/panoptic_\(name)\(year).json"
        guard FileSystem.kind(of: json) == .file else { continue }
        files.append((split, name + year, json, try JSONFile.decode(File.self, json)))
      }
    }
    guard !files.isEmpty else {
      throw DataError(
        "\(folder)/annotations: there is no panoptic_train.json or the like; expected \(AnnotationFormat.cocoPanoptic.expectation)"
      )
    }
    var categories: [Int: File.Category] = [:]
    for category in files.flatMap(\.file.categories) {
      if let other = categories.updateValue(category, forKey: category.id), other.name != category.name {
        throw DataError(
          "\(folder): category \(category.id) is '\(category.name)' in one split and '\(other.name)' in another")
      }
    }
    var table = ClassTable()
    let sorted = categories.values.sorted { $0.id < $1.id }
    for name in options.classes ?? sorted.map(\.name) { try table.add(name, sorted.first { $0.name == name }?.color) }
    let background = options.background == .usual ? nil : try table.background(options.background, usual: "background")
    let numbers = categories.compactMapValues { table[$0.name] }
    var images: [AnnotatedImage] = []
    for (split, name, json, file) in files {
      let known = Dictionary(file.images.map { ($0.id, $0.file_name) }) { first, _ in first }
      for annotation in file.annotations {
        let place = "\(json): image \(annotation.image_id)"
        let folders = ["\(folder)/\(name)", "\(folder)/images/\(name)", "\(folder)/images"]
        guard let own = known[annotation.image_id],
          let image = folders.lazy.compactMap({ FileTree.file(own, in: $0, root: bounds) }).first
        else {
          findings.add(.missingImage, place, "'\(known[annotation.image_id] ?? "its entry")' is not there")
          continue
        }
        let masks = "\(folder)/annotations/panoptic_\(name)"
        guard let mask = FileTree.file(annotation.file_name, in: masks, root: bounds) else {
          findings.add(.unlabelled, place, "\(masks) has no '\(annotation.file_name)'")
          continue
        }
        var segments: [Int: UInt8] = [:]
        for segment in annotation.segments_info {
          guard let number = numbers[segment.category_id] else {
            findings.add(.unknownLabel, place, "category \(segment.category_id) of segment \(segment.id) is ignored")
            segments[segment.id] = LabelSet.ignored
            continue
          }
          segments[segment.id] = number
        }
        segments[0] = background ?? LabelSet.ignored
        images.append(
          AnnotatedImage(split: split, path: image, name: own, sources: [json, mask]) { [segments] size, findings in
            try MaskFile.colors(mask, size: size, findings) {
              segments[Int($0.red) + Int($0.green) << 8 + Int($0.blue) << 16]
            }
          })
      }
    }
    return AnnotatedSet(classes: table.classes, background: background, images: images)
  }
}
