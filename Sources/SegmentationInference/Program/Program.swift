import Files
import SegmentationImage
import SegmentationModels
import Torch

/// A network as data: what it computes on images of some sizes, with its weights and everything that a program needs to
/// know about its input and its output.
///
/// `rtseg compile` writes programs to `.rtseg` files, which `librtseg` runs without libtorch. `InferenceEngine` runs the
/// same programs from memory. A program says what is computed, not where: the addresses of maps, the order of bands and
/// the algorithm of each convolution depend on the machine, so the runtime chooses them when it opens a program.
public struct Program {
  /// The network's name in the catalogue.
  public var network = ""
  /// The SHA-256 of the checkpoint's bytes in hexadecimal digits; empty if the weights come from no file.
  public var checkpoint = ""
  /// The type of the numbers that the network computes in.
  public var precision: Precision
  /// The share of the calibration images' pixels that keep their float32 class, from 0 to 1; `nil` if nothing was
  /// calibrated.
  public var agreement: Double?
  /// The normalization that the runtime applies to images.
  public var normalization: Normalization
  /// The classes' names and colors in the order of their numbers; empty if nothing tells them.
  public var classes: [ClassInfo] = []
  /// For each size, a report of what is computed in int8; empty for other precisions.
  public internal(set) var quantization: [QuantizationReport] = []
  /// The weights, which the plans name by their position.
  private(set) var weights: [Weight] = []
  /// One plan for each size of images.
  private(set) var plans: [Plan] = []
  private var known: [WeightKey: Int] = [:]

  /// The sizes of images in pixels.
  public var sizes: [ImageSize] { plans.map(\.imageSize) }
  /// The number of operators of each image.
  public var operatorCount: Int { plans.first?.instructions.count ?? 0 }

  init(precision: Precision, normalization: Normalization) {
    self.precision = precision
    self.normalization = normalization
  }

  mutating func add(_ plan: Plan) { plans.append(plan) }

  /// Adds a weight, or finds the same one among those that earlier plans have added.
  mutating func add(_ weight: Weight) -> Int {
    if let index = known[weight.key] { return index }
    weights.append(weight)
    known[weight.key] = weights.count - 1
    return weights.count - 1
  }
}

extension Program {
  /// A tensor of numbers that kernels read but do not change.
  struct Weight {
    /// The form in which a file keeps the numbers.
    enum Storage: UInt8 {
      case float32 = 0
      case bfloat16 = 1
      /// Bytes, with a scale for each index of the first dimension.
      case int8 = 2
      /// The file does not have the numbers; the caller hands them over in memory.
      case outside = 255
    }

    /// The elements, float32 and on the CPU, in memory order.
    let elements: Tensor
    let storage: Storage
    let key: WeightKey

    var dimensions: [Int] { elements.shape }
  }

  /// Tells weights apart, so that plans share them.
  enum WeightKey: Hashable {
    /// A value of the graph of one plan, in a form that a kernel wants.
    case value(Graph.ValueID, form: Int, plan: Int)
    /// Numbers that the compiler made.
    case values([Float])
    /// Elements with this hash.
    case content(hash: String, shape: [Int], Weight.Storage)

    static func content(of elements: Tensor, _ storage: Weight.Storage) -> WeightKey {
      .content(hash: elements.withUnsafeBytes { ContentHash.hex(of: $0) }, shape: elements.shape, storage)
    }
  }
}
