import Files
import Foundation
import SegmentationImage

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The parts of annotations.xml that matter.
struct CVATDocument {
  struct Shape {
    enum Content {
      case ring([Point])
      case runs(CVATRuns)
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
    try Self.refuseEntities(bytes, path)
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

  /// CVAT declares no entities, which could stand for gigabytes or for other files. In another encoding than UTF-8 they
  /// would not be seen here.
  private static func refuseEntities(_ bytes: [UInt8], _ path: String) throws {
    guard String(validating: bytes, as: UTF8.self) != nil, !bytes.contains(0) else {
      throw DataError("\(path): it is not UTF-8 text, which CVAT's files are")
    }
    let declaration = String(decoding: bytes.prefix(256), as: UTF8.self).prefix { $0 != ">" }
    if let match = declaration.firstMatch(of: /encoding\s*=\s*["']([^"']*)["']/),
      !["utf-8", "utf8", "us-ascii", "ascii"].contains(match.1.lowercased())
    {
      throw DataError("\(path): its encoding is '\(match.1.description.printable(limit: 40))', expected UTF-8")
    }
    let data = Data(bytes)
    for word in ["<!DOCTYPE", "<!ENTITY"] where data.range(of: Data(word.utf8)) != nil {
      throw DataError("\(path): it declares a document type or entities, which CVAT's files do not")
    }
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
      // The parser may go on for a while after it was told to stop.
      guard problem == nil else { return }
      if path.count > 32 { return end(parser, "elements are nested deeper than 32") }
      if path == ["annotations", "image"] {
        guard let name = attributes["name"], let height = attributes["height"].flatMap({ Int($0) }),
          let width = attributes["width"].flatMap({ Int($0) }), (1...65535).contains(height),
          (1...65535).contains(width)
        else { return end(parser, "an image lacks its name, its height or its width") }
        images.append(Image(name: name, subset: attributes["subset"], height: height, width: width))
      } else if path.count == 3, path.prefix(2) == ["annotations", "image"] {
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

    func parser(_ parser: XMLParser, foundInternalEntityDeclarationWithName name: String, value: String?) {
      end(parser, "it declares entities")
    }

    private func end(_ parser: XMLParser, _ reason: String) {
      problem = problem ?? reason
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

    private func mask(_ attributes: [String: String]) -> Shape.Content {
      let sides = ["left", "top", "width", "height"].compactMap { attributes[$0].flatMap { Int($0) } }
      let counts = (attributes["rle"] ?? "").split(separator: ",").map { Int(TextLines.trimmed($0)) ?? -1 }
      guard sides.count == 4, sides.allSatisfy({ (0...65535).contains($0) }) else {
        return .damaged("its run lengths do not fit its rectangle")
      }
      return .runs(CVATRuns(left: sides[0], top: sides[1], width: sides[2], height: sides[3], counts: counts))
    }
  }
}
