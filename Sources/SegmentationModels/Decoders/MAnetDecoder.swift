import Torch

/// MA-Net: attention between the positions of the smallest map, then a U-Net whose joins weigh channels by both maps.
final class MAnetDecoder: Module, FeatureDecoder {
  let center: PositionAttention
  let blocks: [Block]
  let outputs: Int

  init(_ channels: [Int]) {
    let maps = Array(channels.dropFirst().reversed())
    let widths = Array([256, 128, 64, 32, 16].prefix(maps.count))
    center = PositionAttention(maps[0], width: 64)
    blocks = maps.indices.map { index in
      Block(
        index == 0 ? maps[0] : widths[index - 1], skip: index + 1 < maps.count ? maps[index + 1] : 0, widths[index])
    }
    outputs = widths[widths.count - 1]
  }

  func callAsFunction(_ maps: [Tensor]) -> Tensor {
    let maps = Array(maps.dropFirst().reversed())
    var x = center(maps[0])
    for (index, block) in blocks.enumerated() { x = block(x, skip: index + 1 < maps.count ? maps[index + 1] : nil) }
    return x
  }

  /// Adds to each position a mixture of all positions; the weights of all pairs together sum to 1.
  final class PositionAttention: Module {
    let topConv: Conv2d
    let centerConv: Conv2d
    let bottomConv: Conv2d
    let outConv: Conv2d

    init(_ channels: Int, width: Int) {
      topConv = Conv2d(channels, width, kernel: 1)
      centerConv = Conv2d(channels, width, kernel: 1)
      bottomConv = Conv2d(channels, channels, kernel: 3, padding: 1)
      outConv = Conv2d(channels, channels, kernel: 3, padding: 1)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let (batch, size) = (x.size(0), x.spatialSize)
      let pixels = size.height * size.width
      let scores = centerConv(x).flatten(from: 2).transpose(1, 2).matmul(topConv(x).flatten(from: 2))
      let weights = scores.view([batch, -1]).softmax(dimension: 1).view([batch, pixels, pixels])
      // The original reads the [pixels, channels] result as if it were [channels, pixels].
      let mixed = weights.matmul(bottomConv(x).flatten(from: 2).transpose(1, 2)).reshape(x.shape)
      return outConv(x + mixed)
    }
  }

  /// Doubles the size by nearest neighbor, weighs channels, joins a map of that size, and convolves twice. Without a map to
  /// join it does no more than `UpBlock`.
  final class Block: Module {
    let hlConv: Sequential?
    let SE_ll: Sequential?
    let SE_hl: Sequential?
    let conv1: ConvBNAct
    let conv2: ConvBNAct

    /// - Parameter skip: The joined map's channels, or 0 for none.
    init(_ inputs: Int, skip: Int, _ outputs: Int) {
      func gate() -> Sequential {
        let reduced = max(1, skip / 16)
        return Sequential(
          AdaptiveAvgPool2d(1), Conv2d(skip, reduced, kernel: 1), Activation(.relu), Conv2d(reduced, skip, kernel: 1),
          Activation(.sigmoid))
      }
      hlConv = skip > 0 ? Sequential(ConvBNAct(inputs, inputs), ConvBNAct(inputs, skip, kernel: 1)) : nil
      SE_ll = skip > 0 ? gate() : nil
      SE_hl = skip > 0 ? gate() : nil
      conv1 = ConvBNAct(skip > 0 ? 2 * skip : inputs, outputs)
      conv2 = ConvBNAct(outputs, outputs)
    }

    func callAsFunction(_ x: Tensor, skip: Tensor?) -> Tensor {
      guard let hlConv, let SE_ll, let SE_hl, let skip else { return conv2(conv1(x.upsampleNearest2d(scale: 2))) }
      let large = hlConv(x).upsampleNearest2d(scale: 2)
      let weighted = large * (SE_hl(large) + SE_ll(skip))
      return conv2(conv1(cat([weighted, skip])))
    }
  }
}
