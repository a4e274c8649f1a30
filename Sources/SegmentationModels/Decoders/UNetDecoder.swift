import Torch

/// U-Net: doubles the size step by step, each time joined by the encoder's map of that size.
final class UNetDecoder: Module, FeatureDecoder {
  let center: Sequential?
  let blocks: [UpBlock]
  let outputs: Int

  /// - Parameter hasCenter: Whether two convolutions come first, as they do after VGG.
  init(_ channels: [Int], hasCenter: Bool) {
    let maps = Array(channels.dropFirst().reversed())
    let widths = Array([256, 128, 64, 32, 16].prefix(maps.count))
    center = hasCenter ? Sequential(ConvBNAct(maps[0], maps[0]), ConvBNAct(maps[0], maps[0])) : nil
    blocks = maps.indices.map { index in
      UpBlock(
        index == 0 ? maps[0] : widths[index - 1], skip: index + 1 < maps.count ? maps[index + 1] : 0, widths[index])
    }
    outputs = widths[widths.count - 1]
  }

  func callAsFunction(_ maps: [Tensor]) -> Tensor {
    let maps = Array(maps.dropFirst().reversed())
    var x = center?(maps[0]) ?? maps[0]
    for (index, block) in blocks.enumerated() { x = block(x, skip: index + 1 < maps.count ? maps[index + 1] : nil) }
    return x
  }
}

/// Doubles the size by nearest neighbor, joins a map of that size, and convolves twice.
final class UpBlock: Module {
  let conv1: ConvBNAct
  let conv2: ConvBNAct
  private let joins: Bool

  /// - Parameter skip: The joined map's channels, or 0 for none.
  init(_ inputs: Int, skip: Int, _ outputs: Int) {
    conv1 = ConvBNAct(inputs + skip, outputs)
    conv2 = ConvBNAct(outputs, outputs)
    joins = skip > 0
  }

  func callAsFunction(_ x: Tensor, skip: Tensor?) -> Tensor {
    let large = x.upsampleNearest2d(scale: 2)
    guard joins, let skip else { return conv2(conv1(large)) }
    return conv2(conv1(cat([large, skip])))
  }
}
