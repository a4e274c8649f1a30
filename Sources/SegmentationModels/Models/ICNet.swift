import Torch

/// ICNet for real-time semantic segmentation on high-resolution images (2017, <https://arxiv.org/abs/1704.08545>).
///
/// One dilated ResNet reads the image at a quarter of its size in full, and at half its size up to its second stage. A
/// shallow branch reads it whole. Cascaded fusion joins them, with an auxiliary head on each cascade. It takes images
/// whose height and width are multiples of 32.
///
/// Both scales update the batch statistics of the backbone in each training step, a quarter of the size before half of
/// it. They also update those of the two last stages, although nothing else of half the size is used there.
public final class ICNet: SegmentationModel {
  let backbone: ResNet
  let bottomBranch: Sequential
  let ppm: PyramidPooling
  let cff42: CascadeFeatureFusion
  let cff21: CascadeFeatureFusion
  let segHead: SegmentationHead

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - backbone: The classification network that the encoder is.
  ///   - classes: The number of scores for each pixel.
  ///   - heads: The heads that serve training alone.
  public init(_ backbone: ResNet.Variant = .resnet18, classes: Int, heads: Heads = []) {
    self.backbone = ResNet(backbone, strides: [1, 2, 1, 1], dilations: [1, 1, 2, 4])
    let channels = self.backbone.channels
    let head = heads.contains(.auxiliary) ? classes : nil
    bottomBranch = Sequential(
      ConvBNAct(ImageChannels.count, 32, stride: 2), ConvBNAct(32, 64, stride: 2), ConvBNAct(64, 128, stride: 2))
    ppm = PyramidPooling(channels[3], 256, bias: false)
    cff42 = CascadeFeatureFusion(low: 256, high: channels[1], 128, classes: head)
    cff21 = CascadeFeatureFusion(low: 128, high: 128, 128, classes: head)
    segHead = SegmentationHead(128, classes: classes)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let quarter = ppm(backbone(x.resized(by: 1 / 4))[3])
    let half = backbone.layer2(backbone.layer1(backbone.stem(x.resized(by: 1 / 2))))
    if isTraining {
      withoutGradients { _ = backbone.layer4(backbone.layer3(half)) }
    }
    let fused42 = cff42(low: quarter, high: half)
    let fused21 = cff21(low: fused42, high: bottomBranch(x))
    let logits = segHead(fused21.resized(by: 2))
    let auxiliary = heads ? [cff42.scores(quarter), cff21.scores(fused42)].compactMap { $0 } : []
    return SegmentationOutput(logits: logits, resizedTo: x.spatialSize, auxiliary: auxiliary)
  }

  static let summary = NetworkSummary(
    family: "icnet", title: "ICNet for Real-Time Semantic Segmentation on High-Resolution Images", year: 2017,
    paper: "https://arxiv.org/abs/1704.08545", heads: .auxiliary, defaultHeads: .auxiliary, stride: 32)
}

extension ICNet {
  /// The coarser features, upsampled twofold and filtered by a dilated convolution, plus the finer ones; a head on the
  /// upsampled coarser features serves training.
  final class CascadeFeatureFusion: Module {
    let conv1: ConvBNAct
    let conv2: ConvBNAct
    let classifier: SegmentationHead?

    init(low: Int, high: Int, _ outputs: Int, classes: Int?) {
      conv1 = ConvBNAct(low, outputs, dilation: 2, activation: .none)
      conv2 = ConvBNAct(high, outputs, kernel: 1, activation: .none)
      classifier = classes.map { SegmentationHead(low, classes: $0) }
    }

    func callAsFunction(low: Tensor, high: Tensor) -> Tensor { (conv1(low.resized(by: 2)) + conv2(high)).relu() }

    /// The head's class scores, if there is a head.
    func scores(_ low: Tensor) -> Tensor? { classifier.map { $0(low.resized(by: 2)) } }
  }
}
