import Foundation
import ONNX

extension ONNXAttribute {
  /// An attribute that is a whole number.
  static func int(_ name: String, _ value: Int) -> ONNXAttribute {
    .with {
      $0.name = name
      $0.type = .int
      $0.i = Int64(value)
    }
  }

  /// An attribute that is a list of whole numbers.
  static func ints(_ name: String, _ values: [Int]) -> ONNXAttribute {
    .with {
      $0.name = name
      $0.type = .ints
      $0.ints = values.map(Int64.init)
    }
  }

  /// An attribute that is a number.
  static func float(_ name: String, _ value: Double) -> ONNXAttribute {
    .with {
      $0.name = name
      $0.type = .float
      $0.f = Float(value)
    }
  }

  /// An attribute that is a text.
  static func string(_ name: String, _ value: String) -> ONNXAttribute {
    .with {
      $0.name = name
      $0.type = .string
      $0.s = Data(value.utf8)
    }
  }
}
