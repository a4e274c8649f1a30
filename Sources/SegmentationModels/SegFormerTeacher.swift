import Torch

/// A SegFormer with which a smaller network is aligned: it gives its maps, and its decoder also reads the other network's.
///
/// SCTNet's authors train their network so (2023, <https://arxiv.org/abs/2312.17071>).
public struct SegFormerTeacher {
  private let network: EncoderDecoder
  private let decoder: SegFormerDecoder

  /// Takes a network as the teacher; `nil` unless it has SegFormer's decoder and an encoder that goes down to 1/32.
  public init?(_ network: SegmentationModel) {
    guard let network = network as? EncoderDecoder, let decoder = network.decoder as? SegFormerDecoder,
      network.depth == 5
    else { return nil }
    self.network = network
    self.decoder = decoder
  }

  /// The channels of the maps.
  public var channels: AlignmentMaps<Int> {
    let encoder = network.encoder.featureChannels
    return AlignmentMaps(joined: decoder.joinedChannels, sixteenth: encoder[4], deepest: encoder[5])
  }

  /// The maps of images [N, C, H, W], whose size is one that the network takes: [N, channels, H / 4, W / 4] with what all
  /// levels say, and the encoder's at 1/16 and 1/32.
  public func maps(of images: Tensor) -> AlignmentMaps<Tensor> {
    let levels = network.encoder.features(of: images, depth: network.depth)
    return AlignmentMaps(joined: decoder.joined(levels), sixteenth: levels[4], deepest: levels[5])
  }

  /// Features and class scores of a joined map [N, channels, h, w], both of its height and width.
  public func decode(_ joined: Tensor) -> (features: Tensor, scores: Tensor) {
    let features = decoder.fuseStage(joined)
    return (features, network.segmentationHead(features))
  }
}
