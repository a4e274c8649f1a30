import Foundation

/// Elements of SVG pictures, as text. Lengths are in the picture's units, y downwards.
package enum SVG {
  /// A whole picture on a light background.
  package static func picture(width: Int, height: Int, title: String, _ parts: [String]) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
    font-family="Helvetica, Arial, DejaVu Sans, sans-serif" font-size="12" fill="#3d4451">
    <rect width="\(width)" height="\(height)" fill="#fdfdfc"/>
    <text x="64" y="34" font-size="17" font-weight="bold" fill="#1f2430">\(escape(title))</text>
    \(parts.joined(separator: "\n"))
    </svg>

    """
  }

  package static func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, color: String, width: Double = 1
  ) -> String {
    "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" "
      + "stroke=\"\(color)\" stroke-width=\"\(width)\"/>"
  }

  /// - Parameter anchor: The part of the text that lies at x: `start`, `middle` or `end`.
  package static func text(
    _ text: String, x: Double, y: Double, anchor: String = "start", weight: String = "normal", color: String? = nil
  ) -> String {
    let fill = color.map { " fill=\"\($0)\"" } ?? ""
    return "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\" font-weight=\"\(weight)\"\(fill)>"
      + "\(escape(text))</text>"
  }

  /// A coordinate.
  package static func number(_ value: Double) -> String { String(format: "%.1f", value) }

  package static func escape(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;")
  }
}
