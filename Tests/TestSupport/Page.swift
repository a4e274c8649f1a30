import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// A page as a parser of XML reads it.
public final class Page: NSObject, XMLParserDelegate {
  /// An element: its name, its attributes, and the text in it.
  public struct Element {
    /// The name, such as `td`.
    public let name: String
    /// The values of the attributes by their names.
    public let attributes: [String: String]
    /// The text in the element and in those below it.
    public var text = ""
  }

  /// The elements in the order of their beginnings.
  public private(set) var elements: [Element] = []
  private var open: [Int] = []

  /// Reads a page.
  /// - Throws: The parser's error if the page is not well-formed.
  public init(_ html: String) throws {
    super.init()
    let parser = XMLParser(data: Data(html.utf8))
    parser.delegate = self
    if !parser.parse() {
      throw parser.parserError ?? CocoaError(.fileReadCorruptFile, userInfo: ["line": parser.lineNumber])
    }
  }

  /// Notes the beginning of an element.
  public func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    open.append(elements.count)
    elements.append(Element(name: name, attributes: attributes))
  }

  /// Adds text to the elements that are open.
  public func parser(_ parser: XMLParser, foundCharacters text: String) {
    for index in open { elements[index].text += text }
  }

  /// Notes the end of an element.
  public func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    open.removeLast()
  }

  /// The elements of a kind.
  public subscript(name: String) -> [Element] { elements.filter { $0.name == name } }

  /// The text of the elements of a kind, without spaces around it.
  public func texts(_ name: String) -> [String] {
    self[name].map { $0.text.trimmingCharacters(in: .whitespacesAndNewlines) }
  }

  /// The rows of the table with a caption, each as its cells' texts.
  public func table(_ caption: String) -> [[String]] {
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
