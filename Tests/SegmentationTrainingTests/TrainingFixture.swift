import Foundation
import Torch

/// Losses, schedules, optimizers, averages and scores as PyTorch 2.13 and torchmetrics 1.9 computed them.
struct TrainingFixture: Decodable {
  struct Case: Decodable {
    let loss: Double?
    let gradL2: Double?
  }

  struct Schedule: Decodable {
    let policy: String
    let optimizerLr: Double
    let totalItrs: Int
    let pctStart: Double?
    let stepSize: Int?
    let lr: [Double]
    let momentumOrBeta1: [Double]
  }

  struct OptimizerRun: Decodable {
    struct Step: Decodable {
      let lr: Double
      let m: Double
    }
    let steps: Int
    let weightDecay: Double
    let perStep: [Step]
  }

  struct Average: Decodable {
    let iteration: Int
    let decay: Double
    let state: [String: [Float]]
  }

  struct Metric: Decodable {
    let iou: [Double]
    let mean: Double
  }

  let losses: [String: Case]
  let schedules: [String: Schedule]
  let optimizers: [String: OptimizerRun]
  let averages: [Average]
  let metric: Metric

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/training")

  static func read() throws -> TrainingFixture {
    try JSONDecoder().decode(TrainingFixture.self, from: Data(contentsOf: folder.appending(path: "training.json")))
  }

  static func tensors() throws -> StateDictionary {
    try StateDictionary(safetensors: folder.appending(path: "training.safetensors"))
  }
}
