import Foundation
import Torch

/// What a checkpoint says of its network, so that the file alone is enough to run it.
public struct ModelCard: Codable, Sendable, Equatable {
  /// The network's name in the catalogue.
  public var model: String
  /// Class names in the order of the scores.
  public var classes: [String]
  /// Each class's color: red, green, blue.
  public var colors: [[UInt8]]
  /// What the network's input was normalized by, on the scale 0 to 1.
  public var mean: [Double]
  public var std: [Double]

  public init(model: String, classes: [String], colors: [[UInt8]], mean: [Double], std: [Double]) {
    self.model = model
    self.classes = classes
    self.colors = colors
    self.mean = mean
    self.std = std
  }

  /// The card that a training checkpoint holds; `nil` for checkpoints from elsewhere.
  public init?(checkpoint: PickleValue) {
    guard let text = checkpoint["rtseg"]?["card"]?.string,
      let card = try? JSONDecoder().decode(ModelCard.self, from: Data(text.utf8))
    else { return nil }
    self = card
  }

  /// The card as it stands in checkpoints: JSON.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: (try? encoder.encode(self)) ?? Data(), as: UTF8.self)
  }
}
