import Torch

/// LEDNet's split-shuffle-non-bottleneck: each half of the channels goes through 3x1 and 1x3 convolutions, in opposite
/// order, twice, the second time dilated; the halves are joined, added to the input and shuffled.
public final class SplitShuffleUnit: Module, Layer {
  let leftBranch: Sequential
  let rightBranch: Sequential

  /// Makes the module for an even number of channels.
  /// - Parameter dilation: The dilation of the second pair of convolutions.
  public init(_ channels: Int, dilation: Int = 1) {
    let half = channels / 2
    func branch(_ first: IntPair, _ second: IntPair) -> Sequential {
      func conv(_ dilation: IntPair) -> Conv2d {
        Conv2d(half, half, kernel: first, padding: .centered, dilation: dilation)
      }
      let dilation = IntPair(dilation)
      return Sequential(
        conv(1), Activation(.relu, inPlace: true), ConvBNAct(half, half, kernel: second),
        conv(dilation), Activation(.relu, inPlace: true), ConvBNAct(half, half, kernel: second, dilation: dilation))
    }
    leftBranch = branch([3, 1], [1, 3])
    rightBranch = branch([1, 3], [3, 1])
  }

  /// Runs the module: [N, channels, H, W] in and out.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let halves = x.chunk(2)
    return (x + cat([leftBranch(halves[0]), rightBranch(halves[1])])).relu().channelShuffled(groups: 2)
  }
}

extension Tensor {
  /// Interleaves the channels of `groups` equal groups: the first of each, then the second of each, ...
  func channelShuffled(groups: Int) -> Tensor {
    let shape = shape
    return reshape([shape[0], groups, shape[1] / groups, shape[2], shape[3]]).transpose(1, 2).reshape(shape)
  }
}
