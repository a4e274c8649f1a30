import Torch

/// SegFormer: a linear layer brings each map to the same number of channels, all are resized to 1/4 of the image, joined and
/// mixed.
final class SegFormerDecoder: Module, FeatureDecoder {
  /// The layers of the maps, the smallest map first.
  let mlpStage: [Projection]
  let fuseStage: ConvBNAct
  let outputs: Int
  /// The channels of the joined map.
  let joinedChannels: Int

  /// - Parameter width: The channels that each map is brought to.
  init(_ channels: [Int], width: Int = 256) {
    // Mix Transformer has no map at half the size.
    let maps = channels.dropFirst().filter { $0 > 0 }.reversed()
    mlpStage = maps.map { Projection($0, width) }
    joinedChannels = maps.count * width
    fuseStage = ConvBNAct(joinedChannels, width, kernel: 1)
    outputs = width
  }

  func callAsFunction(_ maps: [Tensor]) -> Tensor { fuseStage(joined(maps)) }

  /// The maps through their layers, resized to 1/4 of the image and joined: [N, channels, H / 4, W / 4].
  func joined(_ maps: [Tensor]) -> Tensor {
    let size = maps[0].spatialSize
    let quarter = ImageSize(height: size.height / 4, width: size.width / 4)
    let used = maps.suffix(mlpStage.count).reversed()
    return cat(zip(mlpStage, used).map { $0($1).upsampleBilinear2d(size: quarter, alignCorners: false) })
  }

  /// A linear layer over the channels of a map: [N, inputs, H, W] in, [N, outputs, H, W] out.
  final class Projection: Module {
    let linear: Linear

    init(_ inputs: Int, _ outputs: Int) { linear = Linear(inputs, outputs) }

    func callAsFunction(_ x: Tensor) -> Tensor { linear(x.asTokens()).asMap(x.spatialSize) }
  }
}
