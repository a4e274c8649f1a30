import Torch

/// LinkNet: doubles the size by transposed convolutions, each result added to the encoder's map of that size.
final class LinkNetDecoder: Module, FeatureDecoder {
  let blocks: [Block]
  let outputs = 32

  init(_ channels: [Int]) {
    let widths = channels.dropFirst().reversed() + [outputs]
    blocks = zip(widths, widths.dropFirst()).map { Block($0, $1) }
  }

  func callAsFunction(_ maps: [Tensor]) -> Tensor {
    let maps = Array(maps.dropFirst().reversed())
    var x = maps[0]
    for (index, block) in blocks.enumerated() {
      x = block(x)
      if index + 1 < maps.count { x = x + maps[index + 1] }
    }
    return x
  }

  /// Narrows to a quarter of the channels, doubles the size, and widens.
  final class Block: Module {
    let block: Sequential

    init(_ inputs: Int, _ outputs: Int) {
      let width = inputs / 4
      block = Sequential(
        ConvBNAct(inputs, width, kernel: 1),
        Sequential(
          ConvTranspose2d(width, width, kernel: 4, stride: 2, padding: 1), BatchNorm2d(width),
          Activation(.relu, inPlace: true)),
        ConvBNAct(width, outputs, kernel: 1))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { block(x) }
  }
}
