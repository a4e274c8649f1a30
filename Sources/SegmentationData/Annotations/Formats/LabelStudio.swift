import Files
import Foundation
import SegmentationImage

/// The JSON export of Label Studio.
struct LabelStudio {
  private struct Task: Decodable {
    struct Annotation: Decodable {
      let was_cancelled: Bool?
      let result: [Result]
    }
    let id: Int?
    let data: [String: Text]
    let annotations: [Annotation]?
  }

  private struct Result: Decodable {
    struct Value: Decodable {
      let format: String?
      let rle: [UInt8]?
      let points: [CodedPoint]?
      let x: Double?
      let y: Double?
      let width: Double?
      let height: Double?
      let rotation: Double?
      let brushlabels: [String]?
      let polygonlabels: [String]?
      let rectanglelabels: [String]?

      var labels: [String] { brushlabels ?? polygonlabels ?? rectanglelabels ?? [] }
    }
    let type: String
    let original_width: Int?
    let original_height: Int?
    let value: Value?

    private enum Keys: String, CodingKey { case type, original_width, original_height, value }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Keys.self)
      type = try values.decode(String.self, forKey: .type)
      original_width = try values.decodeIfPresent(Int.self, forKey: .original_width)
      original_height = try values.decodeIfPresent(Int.self, forKey: .original_height)
      // Results of other kinds, such as choices and texts, have other values.
      value =
        ["brushlabels", "polygonlabels", "rectanglelabels"].contains(type)
        ? try values.decode(Value.self, forKey: .value) : nil
    }
  }

  /// A text, or nothing for other values.
  private struct Text: Decodable {
    let text: String?
    init(from decoder: any Decoder) throws { text = try? decoder.singleValueContainer().decode(String.self) }
  }

  static func read(_ path: String, _ options: ImportOptions, _ findings: AnnotationFindings) throws -> AnnotatedSet {
    guard FileSystem.kind(of: path) == .file else {
      throw DataError("\(path): it is no file; expected \(AnnotationFormat.labelStudio.expectation)")
    }
    let tasks = try JSONFile.decode([Task].self, path)
    let results = tasks.map { task in (task.annotations ?? []).first { $0.was_cancelled != true }?.result }
    var table = ClassTable()
    let background = try table.background(options.background, usual: "background")
    let names = Set(results.compactMap { $0 }.joined().flatMap { $0.value?.labels ?? [] })
    for name in options.classes ?? names.sorted() { try table.add(name) }
    let (folder, split) = (FileSystem.folder(of: path), options.split)
    var images: [AnnotatedImage] = []
    for (index, (task, results)) in zip(tasks, results).enumerated() {
      let place = "\(path): task \(task.id ?? index + 1)"
      guard let results else {
        findings.add(.unlabelled, place, "it has no finished annotation")
        continue
      }
      if task.annotations!.count(where: { $0.was_cancelled != true }) > 1 {
        findings.add(.duplicate, place, "it has several annotations; the first one is taken")
      }
      let addresses = task.data.sorted { $0.key < $1.key }.compactMap(\.value.text)
      guard let image = addresses.lazy.compactMap({ self.image($0, folder, options.bounds(folder)) }).first else {
        findings.add(
          .missingImage, place,
          "no image of the name in '\(addresses.first ?? "")' lies in \(folder) or in its folder images")
        continue
      }
      images.append(
        AnnotatedImage(split: split, path: image, name: FileTree.lastName(image), sources: [path]) {
          [table] size, findings in
          var canvas = LabelCanvas(size: size, background: background)
          for (number, result) in results.enumerated() where result.value != nil {
            draw(result, on: &canvas, "\(place), region \(number + 1)", table, findings)
          }
          return canvas.mask
        })
    }
    return AnnotatedSet(classes: table.classes, background: background, images: images)
  }

  private static func draw(
    _ result: Result, on canvas: inout LabelCanvas, _ place: String, _ table: ClassTable, _ findings: AnnotationFindings
  ) {
    let (size, value) = (canvas.mask.size, result.value!)
    guard let name = value.labels.first, let label = table[name] else {
      return findings.add(.unknownLabel, place, "'\(value.labels.first ?? "no label")' is left out")
    }
    if let width = result.original_width, let height = result.original_height,
      (height, width) != (size.height, size.width)
    {
      findings.add(.otherSize, place, "it is for \(height)x\(width), the image has \(size)")
    }
    func polygon(_ percent: [Point]) {
      let ring = percent.map { Point(x: $0.x / 100 * Double(size.width), y: $0.y / 100 * Double(size.height)) }
      canvas.draw(Shape(label: label, geometry: .polygons([ring])), by: .coco, place: place, findings)
    }
    if let bytes = value.rle {
      guard value.format == "rle", let bitmap = BrushRuns.bitmap(bytes, width: size.width, height: size.height) else {
        return findings.add(
          .unreadable, place, "its brush strokes are not those of \(size.height)x\(size.width) pixels")
      }
      canvas.draw(Shape(label: label, geometry: .bitmap(bitmap)), by: .coco, place: place, findings)
    } else if let points = value.points {
      polygon(points.map(\.point))
    } else if let x = value.x, let y = value.y, let width = value.width, let height = value.height,
      [x, y, width, height].allSatisfy(CodedPoint.range.contains)
    {
      guard (value.rotation ?? 0) == 0 else { return findings.add(.kind, place, "a turned rectangle is left out") }
      polygon([
        Point(x: x, y: y), Point(x: x + width, y: y), Point(x: x + width, y: y + height), Point(x: x, y: y + height),
      ])
    } else {
      findings.add(.kind, place, "'\(result.type)' without points is left out")
    }
  }

  /// The image that a task's address stands for. Uploads have eight digits and a dash before the name.
  private static func image(_ address: String, _ folder: String, _ root: String?) -> String? {
    let path = address.split(separator: "?d=").last.map(String.init) ?? address
    let name = FileTree.lastName(path.removingPercentEncoding ?? path)
    let dash = name.firstIndex(of: "-")
    let isUpload = dash.map { name[..<$0].count == 8 && name[..<$0].allSatisfy(\.isHexDigit) } ?? false
    let candidates = isUpload ? [name, String(name[name.index(after: dash!)...])] : [name]
    for candidate in candidates where ImageListing.isImageName(candidate) {
      for place in [folder, "\(folder)/images"] {
        if let found = FileTree.file(candidate, in: place, root: root) { return found }
      }
    }
    return nil
  }
}
