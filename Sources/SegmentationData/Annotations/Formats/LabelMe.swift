import Files
import Foundation
import SegmentationImage

/// LabelMe: a JSON file for each image.
struct LabelMe {
  private struct File: Decodable {
    struct Shape: Decodable {
      let label: String
      let points: [CodedPoint]
      let shape_type: String?
      let mask: String?
    }
    let shapes: [Shape]
    let imagePath: String?
    let imageHeight: Int?
    let imageWidth: Int?
  }

  /// The class of uncovered pixels, and the label of pixels that shall not count.
  private static let (background, ignored) = ("_background_", "__ignore__")
  /// The width of a line in pixels, as LabelMe draws it.
  private static let lineWidth = 10

  static func read(_ folder: String, _ options: ImportOptions, _ findings: AnnotationFindings) throws -> AnnotatedSet {
    let bounds = options.bounds(folder)
    let splits = try SplitFolders.of(folder, options)
    var names: Set<String> = []
    var found: [(split: Split, json: String, below: String)] = []
    for (split, place) in splits {
      for json in try FileTree.files(below: place, extension: "json") {
        found.append((split, json, String(json.dropFirst(place.count + 1))))
      }
    }
    guard !found.isEmpty else {
      throw DataError("\(folder): it has no JSON files; expected \(AnnotationFormat.labelMe.expectation)")
    }
    let list = options.classes == nil ? try labels(in: folder) : nil
    var images: [AnnotatedImage] = []
    var files: [File?] = []
    for (_, json, _) in found {
      do {
        let file = try JSONFile.decode(File.self, json)
        names.formUnion(file.shapes.map(\.label))
        files.append(file)
      } catch let error as DataError {
        findings.add(.unreadable, json, String(error.description.dropFirst(json.count + 2)))
        files.append(nil)
      }
    }
    // Without a list the classes are sorted, so that their numbers do not depend on the order of files.
    names.subtract([background, ignored])
    var table = ClassTable(ignored: [ignored])
    let uncovered: UInt8?
    if let classes = options.classes ?? list {
      for name in classes { try table.add(name) }
      uncovered = try table.background(options.background, usual: background)
    } else {
      uncovered = try table.background(options.background, usual: background)
      for name in names.sorted() { try table.add(name) }
    }
    for ((split, json, below), file) in zip(found, files) {
      guard let file else { continue }
      guard let image = imagePath(of: file.imagePath, json: json, root: bounds) else {
        findings.add(
          .missingImage, json, "neither '\(file.imagePath ?? "")' nor an image of the file's own name lies there")
        continue
      }
      let ending = ImageListing.stemAndExtension(image).fileExtension
      let name = ImageListing.stemAndExtension(below).stem + "." + ending
      images.append(
        AnnotatedImage(split: split, path: image, name: name, sources: [json]) { [table] size, findings in
          if let height = file.imageHeight, let width = file.imageWidth, (height, width) != (size.height, size.width) {
            findings.add(
              .otherSize, json, "it is for \(ImageSize(height: height, width: width)), the image has \(size)")
          }
          var canvas = LabelCanvas(size: size, background: uncovered)
          for (index, shape) in file.shapes.enumerated() {
            let place = "\(json): shape \(index + 1) ('\(shape.label)')"
            guard let label = table[shape.label] else {
              findings.add(.unknownLabel, place, "it is left out")
              continue
            }
            draw(shape, label, on: &canvas, place, findings)
          }
          return canvas.mask
        })
    }
    return AnnotatedSet(classes: table.classes, background: uncovered, images: images)
  }

  private static func draw(
    _ shape: File.Shape, _ label: UInt8, on canvas: inout LabelCanvas, _ place: String, _ findings: AnnotationFindings
  ) {
    let points = shape.points.map(\.point)
    func polygon(_ ring: [Point]) {
      canvas.draw(Shape(label: label, geometry: .polygons([ring])), by: .pillow, place: place, findings)
    }
    switch (shape.shape_type ?? "polygon", points.count) {
    case ("polygon", _), ("oriented_rectangle", 4): polygon(points)
    case ("rectangle", 2):
      let (left, right) = (min(points[0].x, points[1].x), max(points[0].x, points[1].x))
      let (top, bottom) = (min(points[0].y, points[1].y), max(points[0].y, points[1].y))
      for row in Int(top)...Int(bottom) { canvas.fill(row: row, from: Int(left), through: Int(right), with: label) }
    case ("circle", 2):
      let radius = hypot(points[1].x - points[0].x, points[1].y - points[0].y)
      guard radius <= PillowShapes.largestRadius else {
        return findings.add(
          .outside, place, "a circle of more than \(Int(PillowShapes.largestRadius)) pixels is left out")
      }
      PillowShapes.disc(center: points[0], radius: radius) { canvas.fill(row: $0, from: $1, through: $2, with: label) }
    case ("line", 2), ("linestrip", 2...):
      for (start, end) in zip(points, points.dropFirst()) {
        guard let ring = PillowShapes.line(from: start, to: end, width: lineWidth) else { continue }
        let height = canvas.mask.height
        PillowPolygon.fill(ring, height: height) { canvas.fill(row: $0, from: $1, through: $2, with: label) }
      }
    case ("mask", 1...):
      guard let bitmap = bitmap(shape.mask, at: points[0], in: canvas.mask.size) else {
        return findings.add(
          .unreadable, place, "its mask is no PNG in base64 of at most the image's size; it is left out")
      }
      canvas.draw(Shape(label: label, geometry: .bitmap(bitmap)), by: .pillow, place: place, findings)
    case (let kind, let count): findings.add(.kind, place, "'\(kind)' with \(count) points is left out")
    }
  }

  private static func bitmap(_ text: String?, at corner: Point, in size: ImageSize) -> Bitmap? {
    guard let data = text.flatMap({ Data(base64Encoded: $0, options: .ignoreUnknownCharacters) }),
      let mask = try? PNGBytes.values(of: data, in: size)
    else { return nil }
    return Bitmap(
      left: Int(corner.x), top: Int(corner.y), width: mask.width, height: mask.height,
      pixels: mask.values.map { $0 != 0 })
  }

  /// The image of a file: by the path that it holds, or by its own name.
  private static func imagePath(of text: String?, json: String, root: String?) -> String? {
    let folder = FileSystem.folder(of: json)
    for name in [text, text.map(FileTree.lastName)].compactMap({ $0 }) where ImageListing.isImageName(name) {
      if let found = FileTree.file(name, in: folder, root: root) { return found }
    }
    return FileTree.image(named: FileTree.lastName(ImageListing.stemAndExtension(json).stem), in: folder, root: root)
  }

  /// The classes of labels.txt, which labelme's scripts read; nil if it is not there.
  private static func labels(in folder: String) throws -> [String]? {
    for path in ["\(folder)/labels.txt", "\(FileSystem.folder(of: folder))/labels.txt"]
    where FileSystem.kind(of: path) == .file {
      return try TextLines.of(path).filter { $0 != ignored }
    }
    return nil
  }
}
