import Torch

/// Class scores from features: a 3x3 convolution block, then a 1x1 convolution without bias.
public final class SegmentationHead: Sequential {
  /// Makes the layers.
  /// - Parameter width: The channels between the two convolutions.
  public init(_ inputs: Int, classes: Int, width: Int = 128) {
    super.init(ConvBNAct(inputs, width), Conv2d(width, classes, kernel: 1, bias: false))
  }
}
