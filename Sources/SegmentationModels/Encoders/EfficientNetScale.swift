/// How EfficientNet-B0 grows to its larger siblings: more channels and more blocks.
struct EfficientNetScale {
  let width: Double
  let depth: Double
  /// Whether the stem, the first and the last stage and the last convolution stay as they are in B0, as in EfficientNet-Lite.
  var keepsEnds = false

  /// The scales of B0 to B8.
  static let all = [
    (1.0, 1.0), (1.0, 1.1), (1.1, 1.2), (1.2, 1.4), (1.4, 1.8), (1.6, 2.2), (1.8, 2.6), (2.0, 3.1), (2.2, 3.6),
  ].map { EfficientNetScale(width: $0, depth: $1) }

  /// The scale of L2, which is trained by a teacher.
  static let l2 = EfficientNetScale(width: 4.3, depth: 5.3)

  /// The scales of EfficientNet-Lite 0 to 4.
  static let lite = all.prefix(5).map { EfficientNetScale(width: $0.width, depth: $0.depth, keepsEnds: true) }

  /// A stage of B0.
  struct Stage {
    let kernel: Int
    let stride: Int
    let expansion: Int
    var outputs: Int
    var blocks: Int
  }

  /// The stages, scaled.
  var stages: [Stage] {
    let stages = [
      Stage(kernel: 3, stride: 1, expansion: 1, outputs: 16, blocks: 1),
      Stage(kernel: 3, stride: 2, expansion: 6, outputs: 24, blocks: 2),
      Stage(kernel: 5, stride: 2, expansion: 6, outputs: 40, blocks: 2),
      Stage(kernel: 3, stride: 2, expansion: 6, outputs: 80, blocks: 3),
      Stage(kernel: 5, stride: 1, expansion: 6, outputs: 112, blocks: 3),
      Stage(kernel: 5, stride: 2, expansion: 6, outputs: 192, blocks: 4),
      Stage(kernel: 3, stride: 1, expansion: 6, outputs: 320, blocks: 1),
    ]
    return stages.enumerated().map { index, stage in
      var stage = stage
      stage.outputs = channels(stage.outputs)
      if !keepsEnds || (1..<stages.count - 1).contains(index) {
        stage.blocks = Int((depth * Double(stage.blocks)).rounded(.up))
      }
      return stage
    }
  }

  /// The channels of the first convolution.
  var stem: Int { keepsEnds ? 32 : channels(32) }
  /// The channels of the last convolution.
  var head: Int { keepsEnds ? 1280 : channels(1280) }

  /// B0's channel count, scaled to a multiple of 8 that is not below 90 % of it.
  func channels(_ count: Int) -> Int { (Double(count) * width).roundedChannels }

  /// Channels of the encoder's feature maps.
  func featureChannels(inputs: Int) -> [Int] {
    [inputs, stem, channels(24), channels(40), channels(112), channels(320)]
  }
}
