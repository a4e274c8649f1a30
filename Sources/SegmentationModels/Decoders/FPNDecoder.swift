import Torch

/// Feature pyramid: a path from the smallest map to the largest, and the sum of all its levels at the largest's size.
final class FPNDecoder: Module, FeatureDecoder {
  let p5: Conv2d
  let p4, p3, p2: Lateral
  let segBlocks: [Level]
  let dropout = Dropout(0.2, channels: true)
  let outputs = 128

  init(_ channels: [Int]) {
    let maps = Array(channels.reversed())
    p5 = Conv2d(maps[0], 256, kernel: 1)
    p4 = Lateral(maps[1], 256)
    p3 = Lateral(maps[2], 256)
    p2 = Lateral(maps[3], 256)
    segBlocks = [3, 2, 1, 0].map { Level(256, 128, doublings: $0) }
  }

  func callAsFunction(_ maps: [Tensor]) -> Tensor {
    let maps = Array(maps.reversed())
    var levels = [p5(maps[0])]
    for (lateral, map) in zip([p4, p3, p2], maps.dropFirst()) { levels.append(lateral(levels.last!, map)) }
    let sum = stack(zip(segBlocks, levels).map { $0($1) }).sum([0])
    return dropout(sum)
  }

  /// Doubles the size by nearest neighbor and adds the encoder's map.
  final class Lateral: Module {
    let skipConv: Conv2d

    init(_ inputs: Int, _ outputs: Int) { skipConv = Conv2d(inputs, outputs, kernel: 1) }

    func callAsFunction(_ x: Tensor, _ map: Tensor) -> Tensor { x.upsampleNearest2d(scale: 2) + skipConv(map) }
  }

  /// Convolutions, each followed by bilinear doubling of the size. If there is nothing to double, it is one
  /// convolution.
  final class Level: Module {
    let block: [Step]

    init(_ inputs: Int, _ outputs: Int, doublings: Int) {
      block = (0..<max(1, doublings)).map {
        Step($0 == 0 ? inputs : outputs, outputs, doubles: doublings > 0)
      }
    }

    func callAsFunction(_ x: Tensor) -> Tensor { block.reduce(x) { $1($0) } }
  }

  final class Step: Module {
    let block: Sequential
    private let doubles: Bool

    init(_ inputs: Int, _ outputs: Int, doubles: Bool) {
      block = Sequential(
        Conv2d(inputs, outputs, kernel: 3, padding: 1, bias: false), GroupNorm(groups: 32, outputs), Activation(.relu))
      self.doubles = doubles
    }

    func callAsFunction(_ x: Tensor) -> Tensor { doubles ? block(x).resized(by: 2) : block(x) }
  }
}
