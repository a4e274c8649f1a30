import Files
import Foundation

/// A piece of a page. Text that is inserted into a literal is escaped; the literal itself is markup.
///
/// So `"<td>\(name)</td>"` is safe whatever the name is, and `"<tr>\(cells)</tr>"` keeps the markup of its cells. A
/// page is well-formed XML too: elements without content end with `/>`.
package struct HTML: ExpressibleByStringInterpolation, Sendable, Equatable {
  package private(set) var source: String

  package init(stringLiteral value: String) { source = value }
  package init(stringInterpolation: Interpolation) { source = stringInterpolation.source }

  package struct Interpolation: StringInterpolationProtocol {
    fileprivate(set) var source = ""

    package init(literalCapacity: Int, interpolationCount: Int) { source.reserveCapacity(literalCapacity) }

    package mutating func appendLiteral(_ literal: String) { source += literal }
    package mutating func appendInterpolation(_ text: String) { source += HTML.escaped(text) }
    package mutating func appendInterpolation(_ text: Substring) { source += HTML.escaped(String(text)) }
    package mutating func appendInterpolation(_ number: Int) { source += "\(number)" }
    package mutating func appendInterpolation(_ html: HTML) { source += html.source }
    package mutating func appendInterpolation(_ parts: [HTML]) { for part in parts { source += part.source } }
    /// Inserts a length in a picture.
    package mutating func appendInterpolation(length: Double) { source += String(format: "%.1f", length) }
    /// Inserts the points of a line in a picture.
    package mutating func appendInterpolation(points: [(x: Double, y: Double)]) {
      source += points.map { String(format: "%.1f,%.1f", $0.x, $0.y) }.joined(separator: " ")
    }
    /// Inserts a share with three decimals, for styles.
    package mutating func appendInterpolation(share: Double) { source += String(format: "%.3f", share) }
    /// Inserts bytes as a `data:` address.
    package mutating func appendInterpolation(type: String, _ data: Data) {
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
  package static func + (a: HTML, b: HTML) -> HTML { "\(a)\(b)" }
}
