import Foundation
import Torch

/// Scores and sliding windows as OpenCV, numpy, PyTorch and MONAI computed them (`make_evaluation.py`).
struct EvaluationFixture: Decodable {
  struct Boundary: Decodable {
    let classes: [Double]
    let mean: Double
  }

  let boundaryIoU: Boundary
  let calibrationError: Double

  private enum CodingKeys: String, CodingKey {
    case boundaryIoU = "boundary_iou"
    case calibrationError = "calibration_error"
  }

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/training")

  static func read() throws -> EvaluationFixture {
    try JSONDecoder().decode(EvaluationFixture.self, from: Data(contentsOf: folder.appending(path: "evaluation.json")))
  }

  static func tensors() throws -> StateDictionary {
    try StateDictionary(safetensors: folder.appending(path: "evaluation.safetensors"))
  }
}
