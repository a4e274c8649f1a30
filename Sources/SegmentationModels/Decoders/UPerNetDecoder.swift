import Torch

/// UPerNet: means over grids of the smallest map, then a feature pyramid from it up; all levels are resized to 1/4 of the
/// image, joined and mixed.
final class UPerNetDecoder: Module, FeatureDecoder {
  let featureNorms: [LayerNorm]
  let psp: Pyramid
  let fpnLateralBlocks: [Lateral]
  let fpnConvBlocks: [ConvBNAct]
  let fusionBlock: ConvBNAct
  let outputs = 256

  init(_ channels: [Int]) {
    let maps = channels.dropFirst(2)
    let width = outputs
    featureNorms = maps.map { LayerNorm($0, epsilon: 1e-6) }
    psp = Pyramid(maps.last!, width)
    fpnLateralBlocks = maps.dropLast().reversed().map { Lateral($0, width) }
    fpnConvBlocks = fpnLateralBlocks.map { _ in ConvBNAct(width, width) }
    fusionBlock = ConvBNAct(maps.count * width, width)
  }

  func callAsFunction(_ maps: [Tensor]) -> Tensor {
    let maps = zip(featureNorms, maps.dropFirst(2)).map { $0($1.permute([0, 2, 3, 1])).permute([0, 3, 1, 2]) }
    var levels = [psp(maps[maps.count - 1])]
    for (block, map) in zip(fpnLateralBlocks, maps.dropLast().reversed()) { levels.append(block(levels.last!, map)) }
    let filtered = [levels[0]] + zip(fpnConvBlocks, levels.dropFirst()).map { $0($1) }
    let size = filtered.last!.spatialSize
    return fusionBlock(cat(filtered.reversed().map { $0.upsampleBilinear2d(size: size, alignCorners: false) }))
  }

  /// Means over grids of 1, 2, 3 and 6 cells per side, resized, joined with the map and mixed.
  final class Pyramid: Module {
    let blocks: [Sequential]
    let outConv: ConvBNAct

    init(_ inputs: Int, _ outputs: Int) {
      blocks = [1, 2, 3, 6].map { Sequential(AdaptiveAvgPool2d(IntPair($0)), ConvBNAct(inputs, outputs, kernel: 1)) }
      outConv = ConvBNAct(inputs + 4 * outputs, outputs)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      outConv(cat([x] + blocks.map { $0(x).upsampleBilinear2d(size: x.spatialSize, alignCorners: false) }))
    }
  }

  /// Brings a map to the pyramid's channels and adds the level below, resized.
  final class Lateral: Module {
    let convNormRelu: ConvBNAct

    init(_ inputs: Int, _ outputs: Int) { convNormRelu = ConvBNAct(inputs, outputs, kernel: 1) }

    func callAsFunction(_ level: Tensor, _ map: Tensor) -> Tensor {
      let lateral = convNormRelu(map)
      return level.upsampleBilinear2d(size: lateral.spatialSize, alignCorners: false) + lateral
    }
  }
}
