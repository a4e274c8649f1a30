import Torch

/// UNet++: a triangle of U-Nets; each node reads the node below it, and all nodes of its size before it.
final class UNetPlusPlusDecoder: Module, FeatureDecoder {
  let center: Sequential?
  let blocks: Nodes
  let outputs: Int

  /// - Parameter hasCenter: Whether there are two convolutions that nothing reads, as the original has them after VGG.
  init(_ channels: [Int], hasCenter: Bool) {
    let maps = Array(channels.dropFirst().reversed())
    let widths = Array([256, 128, 64, 32, 16].prefix(maps.count))
    center = hasCenter ? Sequential(ConvBNAct(maps[0], maps[0]), ConvBNAct(maps[0], maps[0])) : nil
    let last = maps.count - 1
    var columns: [[UpBlock]] = (0..<last).map { column in
      (0...column).map { row in
        let skip = maps[column + 1]
        return row == 0
          ? UpBlock(column == 0 ? maps[0] : widths[column - 1], skip: skip * (column + 1), widths[column])
          : UpBlock(maps[column], skip: skip * (column + 1 - row), skip)
      }
    }
    columns.append([UpBlock(last == 0 ? maps[0] : widths[last - 1], skip: 0, widths[last])])
    blocks = Nodes(columns)
    outputs = widths[last]
  }

  func callAsFunction(_ maps: [Tensor]) -> Tensor {
    let maps = Array(maps.dropFirst().reversed())
    let last = maps.count - 1
    // The first list holds the newest value of each row, the second one the values of the column before, by row.
    var columns: [[Tensor]] = []
    for column in 0..<last {
      // The rows go from the bottom up: a node joins the nodes below it in its column.
      var values = [Tensor?](repeating: nil, count: column + 1)
      for row in (0...column).reversed() {
        let input = row == column ? maps[column] : columns[column - 1][row]
        let skip = cat((row + 1..<column + 1).map { values[$0]! } + [maps[column + 1]])
        values[row] = blocks[row, column](input, skip: skip)
      }
      columns.append(values.map { $0! })
    }
    return blocks[0, last](columns.last?[0] ?? maps[0], skip: nil)
  }

  /// The nodes of the triangle. Keys: "x_<row>_<column>", by columns.
  final class Nodes: Module {
    private let columns: [[UpBlock]]

    init(_ columns: [[UpBlock]]) { self.columns = columns }

    subscript(row: Int, column: Int) -> UpBlock { columns[column][row] }

    override var children: [(name: String, module: Module)] {
      columns.enumerated().flatMap { column, nodes in
        nodes.enumerated().map { row, node in ("x_\(row)_\(column)", node) }
      }
    }
  }
}
