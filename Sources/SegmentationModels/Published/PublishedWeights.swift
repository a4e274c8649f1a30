/// Weights of a classification network that are published for one backbone or encoder.
public struct PublishedWeights: Sendable, Equatable {
  /// The name of the weights.
  public let name: ImageNetWeights
  /// The address of the file on the web.
  public let address: String
}
