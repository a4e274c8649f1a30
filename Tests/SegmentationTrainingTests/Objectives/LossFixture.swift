import Foundation
import SegmentationTraining
import Testing
import Torch

/// Losses and their gradients as other libraries compute them: `Tests/Fixtures/training/make_losses.py`.
struct LossFixture {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    /// An element of `objective.terms`.
    let term: String
    let peer: String
    let labels: String
    let weights: [Double]?
    let value: Double
    /// Its place in the file.
    var index = 0

    enum CodingKeys: CodingKey { case term, peer, labels, weights, value }

    var testDescription: String { "\(term) on \(labels), \(peer)" }
    var hasOneScore: Bool { ["binary", "negative", "binary_clean"].contains(labels) }
  }

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures/training")

  static func cases() throws -> [Case] {
    var cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: folder.appending(path: "losses.json")))
    for index in cases.indices { cases[index].index = index }
    return cases
  }

  static func tensors() throws -> StateDictionary {
    try StateDictionary(safetensors: folder.appending(path: "losses.safetensors"))
  }

  /// The elements of a text such as `[ce, {loss: dice, smooth: 0}]`.
  static func terms(_ text: String) throws -> [LossTerm] {
    let override = try ConfigurationOverride(parsing: "objective.terms=\(text)")
    return try ConfigurationLoader(defaults: TrainingOptions()).load(overrides: [override]).objective.terms
  }
}
