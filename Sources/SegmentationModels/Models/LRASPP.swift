import Torch

/// Lite R-ASPP on MobileNetV3: searching for MobileNetV3 (2019, <https://arxiv.org/abs/1905.02244>), as torchvision builds it
/// (`lraspp_mobilenet_v3_large`).
///
/// Channel gates weigh the backbone's last map, at 1/16. Class scores of that map and of a map at 1/8 are added. It takes
/// images of any size.
///
/// Scores are resized without aligned corners. The gate's mean is taken over the whole map, while the paper pools windows
/// of 49x49 pixels.
public final class LRASPP: SegmentationModel {
  let backbone: MobileNetV3
  let classifier: Head

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - backbone: The size of the backbone.
  ///   - classes: The number of scores for each pixel.
  public init(_ backbone: MobileNetV3.Variant = .large, classes: Int) {
    self.backbone = MobileNetV3(backbone)
    let channels = self.backbone.channels
    classifier = Head(low: channels.low, high: channels.high, classes: classes)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let maps = backbone.maps(x)
    return SegmentationOutput(
      logits: classifier(low: maps.low, high: maps.high), resizedTo: x.spatialSize, alignCorners: false)
  }

  static let summary = NetworkSummary(
    family: "lraspp", title: "Searching for MobileNetV3", year: 2019, paper: "https://arxiv.org/abs/1905.02244")
}

extension LRASPP {
  /// The scores of both maps, added at the size of the larger one.
  final class Head: Module {
    let cbr: ConvBNAct
    let scale: Sequential
    let lowClassifier: Conv2d
    let highClassifier: Conv2d

    init(low: Int, high: Int, classes: Int) {
      let width = 128
      cbr = ConvBNAct(high, width, kernel: 1)
      scale = Sequential(
        AdaptiveAvgPool2d(1), Conv2d(high, width, kernel: 1, bias: false), Activation(.sigmoid))
      lowClassifier = Conv2d(low, classes, kernel: 1)
      highClassifier = Conv2d(width, classes, kernel: 1)
    }

    func callAsFunction(low: Tensor, high: Tensor) -> Tensor {
      let weighted = cbr(high) * scale(high)
      let large = weighted.upsampleBilinear2d(size: low.spatialSize, alignCorners: false)
      return lowClassifier(low) + highClassifier(large)
    }
  }
}
