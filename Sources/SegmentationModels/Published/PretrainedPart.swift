/// The part of a network that published weights of a classification network fit into.
public enum PretrainedPart: Sendable, Equatable {
  /// The backbone of a real-time network, as torchvision builds it.
  case backbone(Backbone)
  /// The encoder of an encoder–decoder network, as segmentation_models.pytorch builds it.
  case encoder(EncoderKind)
  /// A classification network on which one family of networks alone is built, with its published weights.
  case network(name: String, weights: [PublishedWeights])

  /// The name of the classification network.
  public var name: String {
    switch self {
    case .backbone(let backbone): backbone.rawValue
    case .encoder(let encoder): encoder.rawValue
    case .network(let name, _): name
    }
  }

  /// The weights that are published for it: torchvision's for backbones, segmentation_models.pytorch's for encoders, its
  /// authors' for others.
  public var weights: [PublishedWeights] {
    switch self {
    case .backbone(let backbone): backbone.publishedWeights
    case .encoder(let encoder): encoder.publishedWeights
    case .network(_, let weights): weights
    }
  }

  /// Finds weights by their name.
  /// - Throws: `UnknownWeights`, which lists the names that there are.
  public func weights(named name: String) throws(UnknownWeights) -> PublishedWeights {
    guard let weights = weights.first(where: { $0.name.rawValue == name }) else {
      throw UnknownWeights(name, of: self)
    }
    return weights
  }
}

extension Architecture {
  /// The part that published weights of a classification network fit into; `nil` if there is none.
  public var pretrainedPart: PretrainedPart? {
    switch self {
    case .bisenetv1(let backbone), .farseenet(let backbone), .icnet(let backbone), .linknet(let backbone),
      .shelfnet(let backbone):
      .backbone(.resNet(backbone))
    case .canet(let backbone), .liteseg(let backbone), .swiftnet(let backbone): .backbone(backbone)
    case .fanet(let variant): .backbone(.resNet(variant.backbone))
    case .dpt(let encoder): .network(name: encoder.rawValue, weights: encoder.publishedWeights)
    case .efficientvit(let variant):
      .network(name: "efficientvit-\(variant.rawValue)", weights: variant.publishedWeights)
    case .lraspp(let backbone): .network(name: backbone.rawValue, weights: backbone.publishedWeights)
    case .ppmobileseg(let variant):
      .network(name: "strideformer_\(variant.rawValue)", weights: variant.publishedWeights)
    case .segnext(let variant): .network(name: "mscan_\(variant.rawValue)", weights: variant.publishedWeights)
    case .smp(_, let encoder, _): .encoder(encoder)
    default: nil
    }
  }
}
