/// Weights of a classification network that are published for one backbone or encoder.
public struct PublishedWeights: Sendable, Equatable {
  public let name: ImageNetWeights
  /// Where the file is on the web.
  public let address: String
}
