/// A table of plain text.
package enum TextTable {
  /// The side of a column on which its texts are in line.
  package enum Alignment: Sendable {
    case left, right
  }

  /// The table with its columns aligned. All rows have as many cells as the first.
  /// - Parameter alignments: The columns' sides; if there are none, numbers are aligned to the right and the rest to
  ///   the left.
  package static func text(_ rows: [[String]], _ alignments: [Alignment]? = nil) -> String {
    lines(rows, alignments).joined(separator: "\n")
  }

  /// The lines of the table, without spaces at their ends.
  package static func lines(_ rows: [[String]], _ alignments: [Alignment]? = nil) -> [String] {
    guard let first = rows.first else { return [] }
    let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return (alignments?[column] ?? alignment(of: cell)) == .right ? space + cell : cell + space
      }
      return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
    }
  }

  /// Numbers are aligned to the right, but sizes such as 3x4 are not.
  private static func alignment(of cell: String) -> Alignment {
    cell.first?.isNumber == true && !cell.contains("x") ? .right : .left
  }
}
