import Basics
import SegmentationImage
import SegmentationTraining

/// Options with one property of each kind that the loader supports.
struct SampleOptions: Codable, Sendable, Equatable {
  struct Optimizer: Codable, Sendable, Equatable, ValidatedOptions {
    enum Kind: String, Codable, Sendable, CaseIterable {
      case sgd, adam
      case adamW = "adamw"
    }
    var kind = Kind.sgd
    var learningRate = 0.05
    var weightDecay: Float = 1e-5
    var gradientNorm: Double?

    func validate() throws {
      try require(learningRate > 0, "learningRate", "more than 0", found: learningRate)
    }
  }

  struct Distillation: OptionSection {
    var teacher = ""
    var lossWeight = 0.5
  }

  /// Written as one value, `512x1024`.
  struct Size: Codable, Sendable, Equatable {
    var height: Int
    var width: Int

    init(height: Int, width: Int) {
      self.height = height
      self.width = width
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      let parts = try container.decode(String.self).split(separator: "x").compactMap { Int($0) }
      guard parts.count == 2 else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "a size such as 512x1024")
      }
      self.init(height: parts[0], width: parts[1])
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode("\(height)x\(width)")
    }
  }

  var model = "bisenetv2"
  var epochs = 10
  var seed: UInt64 = .max
  var warmupEpochs = 2
  var useEMA = false
  var initCheckpoint: String?
  var cropSize = Size(height: 512, width: 1024)
  var imageSize = ImageSize(height: 512, width: 1024)
  var factors: ClosedRange<Double> = 0.5...2
  var scaleRange: [Double] = [-0.5, 1.0]
  var classWeights: [String: Double] = [:]
  var lossWeights: [String: Double]?
  var optimizer = Optimizer()
  var distillation: Distillation?
}
