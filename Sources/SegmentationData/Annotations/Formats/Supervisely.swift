import CZlib
import Files
import Foundation
import SegmentationImage

/// A Supervisely project: DATASET/img/NAME and DATASET/ann/NAME.json, and the classes in meta.json.
struct Supervisely {
  private struct Meta: Decodable {
    struct Class: Decodable {
      let title: String
      let color: String?
    }
    let classes: [Class]
  }

  private struct File: Decodable {
    struct Size: Decodable {
      let height: Int
      let width: Int
    }
    struct Object: Decodable {
      struct Points: Decodable {
        let exterior: [CodedPoint]
        let interior: [[CodedPoint]]?
      }
      struct Bitmap: Decodable {
        let data: String
        let origin: [Int]
      }
      let classTitle: String
      let geometryType: String?
      let points: Points?
      let bitmap: Bitmap?
    }
    let size: Size
    let objects: [Object]
  }

  static func read(_ folder: String, _ options: ImportOptions, _ findings: AnnotationFindings) throws -> AnnotatedSet {
    let bounds = options.bounds(folder)
    guard FileSystem.kind(of: "\(folder)/meta.json") == .file else {
      throw DataError("\(folder): it has no meta.json; expected \(AnnotationFormat.supervisely.expectation)")
    }
    let meta = try JSONFile.decode(Meta.self, "\(folder)/meta.json")
    var table = ClassTable()
    let background = try table.background(options.background, usual: "background")
    for name in options.classes ?? meta.classes.map(\.title) {
      try table.add(name, meta.classes.first { $0.title == name }?.color.flatMap { RGB(hex: $0.lowercased()) })
    }
    var images: [AnnotatedImage] = []
    for dataset in try FileSystem.names(in: folder) where FileSystem.isFolder("\(folder)/\(dataset)/ann") {
      let split = SplitFolders.split(named: dataset) ?? options.split
      let place = "\(folder)/\(dataset)"
      for json in try FileTree.files(below: "\(place)/ann", extension: "json") {
        let name = String(json.dropFirst(place.count + 5).dropLast(5))
        guard let image = FileTree.file(name, in: "\(place)/img", root: bounds) else {
          findings.add(.missingImage, json, "\(place)/img has no '\(name)'")
          continue
        }
        images.append(
          AnnotatedImage(split: split, path: image, name: "\(dataset)/\(name)", sources: [json]) {
            [table] size, findings in
            let file = try JSONFile.decode(File.self, json)
            guard (file.size.height, file.size.width) == (size.height, size.width) else {
              throw DataError("\(json): it is for \(file.size.height)x\(file.size.width), the image has \(size)")
            }
            var canvas = LabelCanvas(size: size, background: background)
            for (index, object) in file.objects.enumerated() {
              draw(object, on: &canvas, "\(json): object \(index + 1) ('\(object.classTitle)')", table, findings)
            }
            return canvas.mask
          })
      }
    }
    guard !images.isEmpty || !findings.counts.isEmpty else {
      throw DataError(
        "\(folder): no folder with 'ann' and 'img' lies there; expected \(AnnotationFormat.supervisely.expectation)")
    }
    return AnnotatedSet(classes: table.classes, background: background, images: images)
  }

  private static func draw(
    _ object: File.Object, on canvas: inout LabelCanvas, _ place: String, _ table: ClassTable,
    _ findings: AnnotationFindings
  ) {
    guard let label = table[object.classTitle] else { return findings.add(.unknownLabel, place, "it is left out") }
    func draw(_ bitmap: Bitmap) {
      canvas.draw(Shape(label: label, geometry: .bitmap(bitmap)), by: .openCV, place: place, findings)
    }
    switch (object.geometryType, object.bitmap, object.points) {
    case ("bitmap", let coded?, _):
      guard let bitmap = bitmap(coded, in: canvas.mask.size) else {
        return findings.add(
          .unreadable, place, "its bitmap is no compressed PNG in base64 with an origin, of at most the image's size")
      }
      draw(bitmap)
    case ("polygon", _, let points?):
      let outline = points.exterior.map(\.point)
      guard let holes = points.interior, !holes.isEmpty else {
        return canvas.draw(Shape(label: label, geometry: .polygons([outline])), by: .openCV, place: place, findings)
      }
      var parts = LabelCanvas(size: canvas.mask.size, background: 0)
      parts.draw(Shape(label: 1, geometry: .polygons([outline])), by: .openCV, place: place, findings)
      for hole in holes {
        parts.draw(Shape(label: 0, geometry: .polygons([hole.map(\.point)])), by: .openCV, place: place, findings)
      }
      draw(
        Bitmap(
          left: 0, top: 0, width: parts.mask.width, height: parts.mask.height, pixels: parts.mask.values.map { $0 == 1 }
        ))
    case ("rectangle", _, let points?) where points.exterior.count == 2:
      let (a, b) = (points.exterior[0].point, points.exterior[1].point)
      for row in Int(min(a.y, b.y))...Int(max(a.y, b.y)) {
        canvas.fill(row: row, from: Int(min(a.x, b.x)), through: Int(max(a.x, b.x)), with: label)
      }
    case (let kind, _, _): findings.add(.kind, place, "'\(kind ?? "no type")' is left out")
    }
  }

  private static func bitmap(_ coded: File.Object.Bitmap, in size: ImageSize) -> Bitmap? {
    guard coded.origin.count == 2, coded.origin.allSatisfy({ (-1_000_000...1_000_000).contains($0) }),
      let packed = Data(base64Encoded: coded.data, options: .ignoreUnknownCharacters),
      let data = inflated(packed), let image = try? PNGBytes.strokes(of: data, in: size)
    else { return nil }
    return Bitmap(
      left: coded.origin[0], top: coded.origin[1], width: image.width, height: image.height,
      pixels: image.values.map { $0 != 0 })
  }

  /// The content of zlib's compressed bytes, if it has at most 64 MiB.
  private static func inflated(_ data: Data) -> Data? {
    var result = [UInt8](repeating: 0, count: min(64 << 20, max(1 << 16, data.count * 64)))
    var count = uLongf(result.count)
    let status = data.withUnsafeBytes { bytes in
      uncompress(&result, &count, bytes.bindMemory(to: UInt8.self).baseAddress, uLong(data.count))
    }
    return status == Z_OK ? Data(result.prefix(Int(count))) : nil
  }
}
