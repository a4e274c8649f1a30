/// The JSON of a request of the Open Inference Protocol, as far as it is used.
struct InferenceContent: Decodable {
  /// The extension for binary tensors: sizes, and whether results are wanted as bytes.
  struct Parameters: Decodable {
    var binary_data_size: Int?
    var binary_data: Bool?
    var binary_data_output: Bool?
  }

  struct Input: Decodable {
    let name: String
    let shape: [Int]
    let datatype: String
    var parameters: Parameters?
    var data: TensorValues?
  }

  struct Output: Decodable {
    let name: String
    var parameters: Parameters?
  }

  var id: String?
  let inputs: [Input]
  var outputs: [Output]?
  var parameters: Parameters?
}

/// The JSON of an answer of the Open Inference Protocol.
struct InferenceReply: Encodable {
  struct Parameters: Encodable { let binary_data_size: Int }

  /// The elements of a result in JSON.
  enum Elements: Encodable {
    case bytes([UInt8])
    case floats([Float])

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .bytes(let values): try container.encode(values.map(Int.init))
      case .floats(let values): try container.encode(values)
      }
    }
  }

  struct Output: Encodable {
    let name: String
    let shape: [Int]
    let datatype: String
    var parameters: Parameters?
    var data: Elements?
  }

  let model_name: String
  let model_version = "1"
  let id: String?
  let outputs: [Output]
}
