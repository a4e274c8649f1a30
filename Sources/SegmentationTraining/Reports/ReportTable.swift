import SegmentationImage

/// A table that scrolls within the page if it is too wide.
struct ReportTable {
  var caption: String
  /// The titles of the columns; the first one is that of the rows' names.
  var columns: [HTML]
  /// The rows: a name, and a cell (`<td>`) for each other column.
  var rows: [(name: HTML, cells: [HTML])]
  /// Rows below a line, such as means.
  var footer: [(name: HTML, cells: [HTML])] = []
  var style = ""

  func html() -> HTML {
    let head = columns.map { column -> HTML in "<th scope=\"col\">\(column)</th>" }
    let foot: HTML = footer.isEmpty ? "" : "<tfoot>\n\(footer.map(Self.line))</tfoot>\n"
    return """
      <div class="scroll" role="region" aria-label="\(caption)" tabindex="0">
      <table class="\(style)">
      <caption><span>\(caption)</span></caption>
      <thead><tr>\(head)</tr></thead>
      <tbody>
      \(rows.map(Self.line))</tbody>
      \(foot)</table>
      </div>
      """
  }

  private static func line(_ row: (name: HTML, cells: [HTML])) -> HTML {
    "<tr><th scope=\"row\">\(row.name)</th>\(row.cells)</tr>\n"
  }

  /// A dotted key that may be broken after each dot.
  static func key(_ key: String) -> HTML {
    let parts = key.split(omittingEmptySubsequences: false) { $0 == "." }
    let pieces = parts.enumerated().map { index, part -> HTML in index == 0 ? "\(part)" : ".<wbr/>\(part)" }
    return "\(pieces)"
  }

  static func cell(_ text: String) -> HTML { "<td>\(text)</td>" }
}
