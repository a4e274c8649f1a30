import Files
import Foundation

/// A piece of a page. Text that is inserted into a literal is escaped; the literal itself is markup.
///
/// So `"<td>\(name)</td>"` is safe whatever the name is, and `"<tr>\(cells)</tr>"` keeps the markup of its cells. A
/// page is well-formed XML too: elements without content end with `/>`.
struct HTML: ExpressibleByStringInterpolation, Sendable, Equatable {
  private(set) var source: String

  init(stringLiteral value: String) { source = value }
  init(stringInterpolation: Interpolation) { source = stringInterpolation.source }

  struct Interpolation: StringInterpolationProtocol {
    fileprivate(set) var source = ""

    init(literalCapacity: Int, interpolationCount: Int) { source.reserveCapacity(literalCapacity) }

    mutating func appendLiteral(_ literal: String) { source += literal }
    mutating func appendInterpolation(_ text: String) { source += HTML.escaped(text) }
    mutating func appendInterpolation(_ text: Substring) { source += HTML.escaped(String(text)) }
    mutating func appendInterpolation(_ number: Int) { source += "\(number)" }
    mutating func appendInterpolation(_ html: HTML) { source += html.source }
    mutating func appendInterpolation(_ parts: [HTML]) { for part in parts { source += part.source } }
    /// Inserts a length in a picture.
    mutating func appendInterpolation(length: Double) { source += String(format: "%.1f", length) }
    /// Inserts the points of a line in a picture.
    mutating func appendInterpolation(points: [(x: Double, y: Double)]) {
      source += points.map { String(format: "%.1f,%.1f", $0.x, $0.y) }.joined(separator: " ")
    }
    /// Inserts a share with three decimals, for styles.
    mutating func appendInterpolation(share: Double) { source += String(format: "%.3f", share) }
    /// Inserts bytes as a `data:` address.
    mutating func appendInterpolation(type: String, _ data: Data) {
      source += "data:\(HTML.escaped(type));base64,\(data.base64EncodedString())"
    }
  }

  /// Replaces characters that are markup, or that XML and HTML do not allow; the result is on one line.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.printable(limit: 4000).unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case _ where scalar.value & 0xFFFE == 0xFFFE: result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension HTML {
  static func + (a: HTML, b: HTML) -> HTML { "\(a)\(b)" }
}
