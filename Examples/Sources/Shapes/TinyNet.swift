import SegmentationModels
import Torch

/// A network of three convolutions, which computes scores at half the image's size.
///
/// Its parameters are found by the names of the properties: checkpoints hold `stem.0.weight`, `classifier.bias` and so on.
public final class TinyNet: SegmentationModel {
  let stem: ConvBNAct
  let context: ConvBNAct
  let classifier: Conv2d

  /// Makes the network with random weights and one score for each of `classes`.
  public init(classes: Int) {
    stem = ConvBNAct(3, 16, stride: 2)
    context = ConvBNAct(16, 32, dilation: 2)
    classifier = Conv2d(32, classes, kernel: 1)
    super.init()
    name = "tinynet"
    sizes = SizeRule(multiple: 2)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    SegmentationOutput(logits: classifier(context(stem(x))), resizedTo: x.spatialSize)
  }
}
