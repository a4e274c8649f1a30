import ONNX
import SegmentationInference
import Torch

/// The value that a name of an ONNX file stands for.
struct ImportedValue {
  enum Content {
    /// Numbers that do not depend on the image: weights, and everything that is computed from shapes.
    case constant(Tensor)
    /// Numbers that are computed for each image, float32.
    case computed(Graph.ValueID)
    /// Whole numbers that stand for numbers of a map; the value holds the numbers, rounded as the steps say.
    case quantized(Graph.ValueID, Steps)
    /// The number of the largest of some scores along an axis.
    case largest(of: Graph.ValueID, axis: Int)
    /// The positions of the largest values of a max pooling.
    case positions(Graph.ValueID)
    /// The result of a node that is not supported, which is reported with all others.
    case unknown
  }

  /// The scale and the zero point of whole numbers.
  struct Steps: Equatable {
    let scale: Float
    let zero: Int
  }

  let content: Content
  /// The value that is computed for each image; `nil` for anything else.
  let computed: Graph.ValueID?
  let shape: [Int]
  let type: ElementType

  init(_ content: Content, shape: [Int], type: ElementType) {
    (self.content, self.shape, self.type) = (content, shape, type)
    if case .computed(let id) = content { computed = id } else { computed = nil }
  }

  /// A constant whose type is that of the tensor.
  init(_ tensor: Tensor) { self.init(.constant(tensor), shape: tensor.shape, type: ElementType(tensor.dtype)) }

  /// A constant list of whole numbers.
  init(_ numbers: [Int]) { self.init(Tensor(numbers.map { Int64($0) })) }

  static var unknown: ImportedValue { ImportedValue(.unknown, shape: [], type: .float32) }

  var rank: Int { shape.count }
  var count: Int { shape.reduce(1, *) }

  var constant: Tensor? { if case .constant(let tensor) = content { tensor } else { nil } }
  var isUnknown: Bool { if case .unknown = content { true } else { false } }

  /// Whole numbers of a constant; `nil` for other values and for numbers that no integer holds.
  var integers: [Int]? {
    guard let constant else { return nil }
    guard constant.dtype == .float32 else { return constant.to(dtype: .int64).elements(Int64.self).map { Int($0) } }
    let whole = constant.elements(Float.self).map { Int(exactly: $0.rounded(.towardZero)) }
    return whole.contains(nil) ? nil : whole.compactMap { $0 }
  }

  /// Numbers of a constant; `nil` for other values.
  var numbers: [Double]? { constant.map { $0.to(dtype: .float64).elements(Double.self) } }

  /// The number of a constant with one element; `nil` for other values.
  var number: Double? { count == 1 ? numbers?[0] : nil }

  /// The same elements under another type.
  func typed(_ type: ElementType) -> ImportedValue { ImportedValue(content, shape: shape, type: type) }

  /// How messages describe it.
  var description: String {
    switch content {
    case .constant: "a constant of the shape \(shape)"
    case .computed: "a tensor of the shape \(shape)"
    case .quantized: "a quantized tensor of the shape \(shape)"
    case .largest: "positions of largest values"
    case .positions: "positions of a max pooling"
    case .unknown: "an unknown value"
    }
  }
}
