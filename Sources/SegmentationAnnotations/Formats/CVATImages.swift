import Files
import Foundation
import SegmentationData
import SegmentationImage

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// "CVAT for images 1.1": annotations.xml with polygons, boxes and masks.
struct CVATImages {
  static func read(_ folder: String, _ options: ImportOptions, _ findings: Findings) throws -> AnnotatedSet {
    try FileTree.requireFolder(folder, AnnotationFormat.cvatXML.expectation)
    let xml = "\(folder)/annotations.xml"
    let document = try Document(xml)
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
      guard let image = folders.lazy.compactMap({ FileTree.file(entry.name, in: $0, root: folder) }).first else {
        findings.add(
          .missingImage, "\(xml): image '\(entry.name)'", "it lies neither in images nor beside annotations.xml")
        continue
      }
      images.append(
        AnnotatedImage(split: subset ?? usual, path: image, name: entry.name) { [table] size, findings in
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
            case .bitmap(let bitmap):
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

/// The parts of annotations.xml that matter.
private struct Document {
  struct Shape {
    enum Content {
      case ring([Point])
      case bitmap(Bitmap)
      case other(String)
      case damaged(String)
    }
    let label: String
    let order: Int
    let content: Content
  }

  struct Image {
    let name: String
    let subset: String?
    let height: Int
    let width: Int
    var shapes: [Shape] = []
  }

  private(set) var labels: [(name: String, color: RGB?)] = []
  private(set) var images: [Image] = []

  init(_ path: String) throws {
    let bytes: [UInt8]
    do { bytes = try InputFile.contents(of: path, limit: 1 << 30) } catch {
      throw DataError("\(path): cannot be read: \(error.reason); expected \(AnnotationFormat.cvatXML.expectation)")
    }
    // CVAT declares no entities, which could stand for gigabytes or for other files.
    guard !bytes.prefix(1 << 16).containsText("<!DOCTYPE"), !bytes.prefix(1 << 16).containsText("<!ENTITY") else {
      throw DataError("\(path): it declares a document type or entities, which CVAT's files do not")
    }
    let reader = Reader()
    let parser = XMLParser(data: Data(bytes))
    parser.shouldResolveExternalEntities = false
    parser.delegate = reader
    guard parser.parse(), reader.problem == nil else {
      let reason = reader.problem ?? parser.parserError?.localizedDescription ?? "the parser stopped"
      throw DataError("\(path):\(parser.lineNumber): it is not CVAT's XML: \(reason)")
    }
    (labels, images) = (reader.labels, reader.images)
  }

  private final class Reader: NSObject, XMLParserDelegate {
    var labels: [(name: String, color: RGB?)] = []
    var images: [Image] = []
    var problem: String?
    private var path: [String] = []
    private var text = ""
    private var name = ""

    func parser(
      _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) {
      path.append(element)
      text = ""
      if path.count > 32 { return end(parser, "elements are nested deeper than 32") }
      if path == ["annotations", "image"] {
        guard let name = attributes["name"], let height = attributes["height"].flatMap({ Int($0) }),
          let width = attributes["width"].flatMap({ Int($0) }), (1...65535).contains(height),
          (1...65535).contains(width)
        else { return end(parser, "an image lacks its name, its height or its width") }
        images.append(Image(name: name, subset: attributes["subset"], height: height, width: width))
      } else if path.count == 3, path[1] == "image" {
        guard let label = attributes["label"] else { return end(parser, "a \(element) lacks its label") }
        images[images.count - 1].shapes.append(
          Shape(
            label: label, order: attributes["z_order"].flatMap { Int($0) } ?? 0, content: content(element, attributes)))
      }
    }

    func parser(_ parser: XMLParser, foundCharacters characters: String) {
      if text.utf8.count < 1 << 16 { text += characters }
    }

    func parser(_ parser: XMLParser, didEndElement element: String, namespaceURI: String?, qualifiedName: String?) {
      if path.suffix(2) == ["label", "name"] {
        name = text
        labels.append((text, nil))
      } else if path.suffix(2) == ["label", "color"], labels.last?.name == name {
        labels[labels.count - 1].color = RGB(hex: text.lowercased())
      }
      path.removeLast()
    }

    private func end(_ parser: XMLParser, _ reason: String) {
      problem = reason
      parser.abortParsing()
    }

    private func content(_ element: String, _ attributes: [String: String]) -> Shape.Content {
      func number(_ key: String) -> Double? {
        attributes[key].flatMap { Double($0) }.flatMap { CodedPoint.range.contains($0) ? $0 : nil }
      }
      switch element {
      case "polygon":
        let points = (attributes["points"] ?? "").split(separator: ";").map { pair in
          pair.split(separator: ",").map { Double(TextLines.trimmed($0)) ?? .nan }
        }
        guard points.allSatisfy({ $0.count == 2 && $0.allSatisfy(CodedPoint.range.contains) }) else {
          return .damaged("its points are not like x,y;x,y")
        }
        return .ring(points.map { Point(x: $0[0], y: $0[1]) })
      case "box":
        guard let left = number("xtl"), let top = number("ytl"), let right = number("xbr"), let bottom = number("ybr")
        else {
          return .damaged("its corners are no numbers")
        }
        guard (number("rotation") ?? 0) == 0 else { return .other("a turned box") }
        return .ring([
          Point(x: left, y: top), Point(x: right, y: top), Point(x: right, y: bottom), Point(x: left, y: bottom),
        ])
      case "mask": return mask(attributes)
      default: return .other(element)
      }
    }

    /// Pixels outside and inside by turns, along the rows of the mask's rectangle.
    private func mask(_ attributes: [String: String]) -> Shape.Content {
      let sides = ["left", "top", "width", "height"].compactMap { attributes[$0].flatMap { Int($0) } }
      let counts = (attributes["rle"] ?? "").split(separator: ",").map { Int(TextLines.trimmed($0)) ?? -1 }
      guard sides.count == 4, sides.allSatisfy({ (0...65535).contains($0) }),
        !counts.contains(where: { $0 < 0 || $0 > 1 << 32 }),
        counts.reduce(0, +) <= sides[2] * sides[3]
      else { return .damaged("its run lengths do not fit its rectangle") }
      var pixels: [Bool] = []
      for (index, count) in counts.enumerated() { pixels += repeatElement(index % 2 == 1, count: count) }
      pixels += repeatElement(false, count: sides[2] * sides[3] - pixels.count)
      return .bitmap(Bitmap(left: sides[0], top: sides[1], width: sides[2], height: sides[3], pixels: pixels))
    }
  }
}

extension ArraySlice<UInt8> {
  fileprivate func containsText(_ text: String) -> Bool {
    String(decoding: self, as: UTF8.self).range(of: text, options: .caseInsensitive) != nil
  }
}
