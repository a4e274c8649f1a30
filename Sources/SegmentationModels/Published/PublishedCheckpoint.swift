import Basics

/// A trained checkpoint of a network that the PyTorch reference publishes, by a name such as `fastscnn@cityscapes`.
public struct PublishedCheckpoint: Sendable, Equatable {
  /// The network.
  public let architecture: Architecture
  /// The address of the file on the web.
  public let address: String

  /// The data set that all of them were trained on.
  public static let dataset = "cityscapes"

  /// The network's name, an `@`, and the data set's name.
  public var name: String { "\(architecture.name)@\(Self.dataset)" }

  private static let releases =
    "https://github.com/zh320/realtime-semantic-segmentation-pytorch/releases/download/"

  /// - Parameter file: The release and the file's name, as `v1.0/fastscnn.pth`.
  init(architecture: Architecture, file: String) {
    self.architecture = architecture
    address = Self.releases + file
  }

  /// Finds a checkpoint by its name. A family's name alone means the family's first variant, as in the catalogue.
  /// - Throws: `UnknownWeights`, with the nearest name.
  public init(name: String) throws(UnknownWeights) {
    let parts = name.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
    if parts.count == 2, parts[1] == Self.dataset, let architecture = try? Architecture(name: parts[0]),
      let checkpoint = architecture.publishedCheckpoint
    {
      self = checkpoint
    } else {
      let network = parts.count == 2 ? parts[0] : name
      let nearest = network.nearest(among: Self.all.map(\.architecture.name))
      throw UnknownWeights(checkpoint: name, suggestion: nearest.map { "\($0)@\(Self.dataset)" })
    }
  }

  /// All checkpoints, in the catalogue's order.
  public static let all: [PublishedCheckpoint] = Architecture.allCases.compactMap(\.publishedCheckpoint)
}
