import Torch

/// Pyramid attention network: a small pyramid of the smallest map weighs that map, then larger maps follow step by
/// step, their channels weighed by the smaller one.
final class PANDecoder: Module, FeatureDecoder {
  let fpa: PyramidAttention
  let gau3, gau2, gau1: GlobalAttentionUpsample?
  let outputs = 32

  init(_ channels: [Int]) {
    let depth = channels.count - 1
    fpa = PyramidAttention(channels[depth], 32)
    gau3 = depth >= 5 ? GlobalAttentionUpsample(channels[4], 32) : nil
    gau2 = depth >= 4 ? GlobalAttentionUpsample(channels[3], 32) : nil
    gau1 = GlobalAttentionUpsample(channels[2], 32)
  }

  func callAsFunction(_ maps: [Tensor]) -> Tensor {
    var x = fpa(maps[maps.count - 1])
    for (unit, index) in [(gau3, 4), (gau2, 3), (gau1, 2)] {
      if let unit { x = unit(maps[index], x) }
    }
    return x
  }

  final class Conv: Module, Layer {
    let conv: Conv2d
    let bn: BatchNorm2d
    private let activates: Bool

    init(_ inputs: Int, _ outputs: Int, kernel: Int = 1, activates: Bool = true) {
      conv = Conv2d(inputs, outputs, kernel: IntPair(kernel), padding: .centered)
      bn = BatchNorm2d(outputs)
      self.activates = activates
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let y = bn(conv(x))
      return activates ? y.relu() : y
    }
  }

  final class PyramidAttention: Module {
    let branch1: Sequential
    let mid: Sequential
    let down1, down2, down3: Sequential
    let conv2: Conv
    let conv1: Conv

    init(_ inputs: Int, _ outputs: Int) {
      branch1 = Sequential(AdaptiveAvgPool2d(1), Conv(inputs, outputs))
      mid = Sequential(Conv(inputs, outputs))
      down1 = Sequential(MaxPool2d(2), Conv(inputs, 1, kernel: 7))
      down2 = Sequential(MaxPool2d(2), Conv(1, 1, kernel: 5))
      down3 = Sequential(MaxPool2d(2), Conv(1, 1, kernel: 3), Conv(1, 1, kernel: 3))
      conv2 = Conv(1, 1, kernel: 5)
      conv1 = Conv(1, 1, kernel: 7)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let size = x.spatialSize
      let x1 = down1(x)
      let x2 = down2(x1)
      let small = conv2(x2) + down3(x2).resized(to: x2.spatialSize)
      let weights = (small.resized(to: x1.spatialSize) + conv1(x1)).resized(to: size)
      return weights * mid(x) + branch1(x).resized(to: size)
    }
  }

  final class GlobalAttentionUpsample: Module {
    let conv1: Sequential
    let conv2: Conv

    init(_ inputs: Int, _ outputs: Int) {
      conv1 = Sequential(AdaptiveAvgPool2d(1), Conv(outputs, outputs, activates: false), Activation(.sigmoid))
      conv2 = Conv(inputs, outputs, kernel: 3)
    }

    /// - Parameters:
    ///   - map: The encoder's map at the result's size.
    ///   - x: The features computed at the size below.
    func callAsFunction(_ map: Tensor, _ x: Tensor) -> Tensor {
      x.resized(to: map.spatialSize) + conv2(map) * conv1(x)
    }
  }
}
