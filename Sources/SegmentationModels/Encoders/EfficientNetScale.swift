/// How EfficientNet-B0 grows to its larger siblings: more channels and more blocks.
struct EfficientNetScale {
  let width: Double
  let depth: Double

  /// The scales of B0 to B8.
  static let all = [
    (1.0, 1.0), (1.0, 1.1), (1.1, 1.2), (1.2, 1.4), (1.4, 1.8), (1.6, 2.2), (1.8, 2.6), (2.0, 3.1), (2.2, 3.6),
  ].map { EfficientNetScale(width: $0, depth: $1) }

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
    [
      Stage(kernel: 3, stride: 1, expansion: 1, outputs: 16, blocks: 1),
      Stage(kernel: 3, stride: 2, expansion: 6, outputs: 24, blocks: 2),
      Stage(kernel: 5, stride: 2, expansion: 6, outputs: 40, blocks: 2),
      Stage(kernel: 3, stride: 2, expansion: 6, outputs: 80, blocks: 3),
      Stage(kernel: 5, stride: 1, expansion: 6, outputs: 112, blocks: 3),
      Stage(kernel: 5, stride: 2, expansion: 6, outputs: 192, blocks: 4),
      Stage(kernel: 3, stride: 1, expansion: 6, outputs: 320, blocks: 1),
    ].map {
      var stage = $0
      stage.outputs = channels($0.outputs)
      stage.blocks = Int((depth * Double($0.blocks)).rounded(.up))
      return stage
    }
  }

  /// B0's channel count, scaled to a multiple of 8 that is not below 90 % of it.
  func channels(_ count: Int) -> Int {
    let scaled = Double(count) * width
    let rounded = max(8, Int(scaled + 4) / 8 * 8)
    return Double(rounded) < 0.9 * scaled ? rounded + 8 : rounded
  }

  /// Channels of the encoder's feature maps.
  func featureChannels(inputs: Int) -> [Int] {
    [inputs, channels(32), channels(24), channels(40), channels(112), channels(320)]
  }
}
