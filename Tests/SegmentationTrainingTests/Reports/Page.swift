import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// A report's page as a parser of XML reads it.
final class Page: NSObject, XMLParserDelegate {
  struct Element {
    let name: String
    let attributes: [String: String]
    var text = ""
  }

  private(set) var elements: [Element] = []
  private var open: [Int] = []

  /// - Throws: The parser's error if the page is not well-formed.
  init(_ html: String) throws {
    super.init()
    let parser = XMLParser(data: Data(html.utf8))
    parser.delegate = self
    if !parser.parse() {
      throw parser.parserError ?? CocoaError(.fileReadCorruptFile, userInfo: ["line": parser.lineNumber])
    }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    open.append(elements.count)
    elements.append(Element(name: name, attributes: attributes))
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) {
    for index in open { elements[index].text += text }
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    open.removeLast()
  }

  subscript(name: String) -> [Element] { elements.filter { $0.name == name } }

  /// The text of the elements of a kind, without spaces around it.
  func texts(_ name: String) -> [String] { self[name].map { $0.text.trimmingCharacters(in: .whitespacesAndNewlines) } }

  /// The rows of the table with a caption, each as its cells' texts.
  func table(_ caption: String) -> [[String]] {
    var rows: [[String]] = []
    var isInside = false
    for element in elements {
      let text = element.text.trimmingCharacters(in: .whitespacesAndNewlines)
      switch element.name {
      case "caption": isInside = text.hasPrefix(caption)
      case "tr" where isInside: rows.append([])
      case "th", "td": if isInside { rows[rows.count - 1].append(text) }
      case "table": isInside = false
      default: break
      }
    }
    return rows
  }
}
