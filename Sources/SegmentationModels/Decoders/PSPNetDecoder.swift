import Torch

/// PSPNet: means over grids of 1, 2, 3 and 6 cells per side, joined with the map itself.
final class PSPNetDecoder: Module, FeatureDecoder {
  let psp: Pyramid
  let conv: ConvBNAct
  let dropout = Dropout(0.2, channels: true)
  let outputs = 512

  init(_ channels: [Int]) {
    let inputs = channels[channels.count - 1]
    psp = Pyramid(inputs)
    conv = ConvBNAct(inputs + inputs / 4 * 4, outputs, kernel: 1)
  }

  func callAsFunction(_ maps: [Tensor]) -> Tensor { dropout(conv(psp(maps[maps.count - 1]))) }

  final class Pyramid: Module {
    let blocks: [Cells]

    init(_ inputs: Int) { blocks = [1, 2, 3, 6].map { Cells(inputs, inputs / 4, cells: $0) } }

    func callAsFunction(_ x: Tensor) -> Tensor { cat(blocks.map { $0(x) } + [x]) }
  }

  /// The means over a grid, without normalization if there is only one mean.
  final class Cells: Module {
    let pool: Sequential

    init(_ inputs: Int, _ outputs: Int, cells: Int) {
      let normalizes = cells > 1
      let mix = Sequential(
        [Conv2d(inputs, outputs, kernel: 1, bias: !normalizes)] + (normalizes ? [BatchNorm2d(outputs)] : [])
          + [Activation(.relu)] as [any Layer])
      pool = Sequential(AdaptiveAvgPool2d(IntPair(cells)), mix)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { pool(x).resized(to: x.spatialSize) }
  }
}
