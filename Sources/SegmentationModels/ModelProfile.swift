import Torch

/// Size and cost of a network, found by running it without data.
public struct ModelProfile: Sendable {
  /// One operator of the forward pass.
  public struct Layer: Sendable {
    /// The module whose weights the operator uses, by its name in checkpoints; empty if it uses none.
    public let name: String
    /// libtorch's name of the operator, such as `conv2d`, `batch_norm` or `cat`.
    public let `operator`: String
    /// The shape of the operator's first result.
    public let outputShape: [Int]
    /// The number of elements of the weights that this operator is the first to use.
    public let parameters: Int
    /// The number of products of a weight or matrix element with another value.
    public let multiplyAccumulates: Int
  }

  /// The number of elements of all parameters.
  public let parameters: Int
  /// The number of elements of the parameters that training changes.
  public let trainableParameters: Int
  /// The number of products of a weight or matrix element with another value, for one image of `inputSize`.
  /// Convolutions, transposed convolutions and matrix products count; normalization, activations, pooling and resizing
  /// do not.
  public let multiplyAccumulates: Int
  /// Height and width of the input.
  public let inputSize: ImageSize
  /// The operators of the forward pass, in order.
  public let layers: [Layer]

  /// Profiles an architecture in evaluation mode, at `size` padded to what the network takes.
  /// - Parameter heads: Training heads to build and count.
  /// - Throws: `ArchitectureError`.
  public init(
    _ architecture: Architecture, classes: Int = 19, heads: Heads = [],
    size: ImageSize = ImageSize(height: 512, width: 1024)
  ) throws {
    let model = try withDefaultDevice(.meta) { try architecture.makeModel(classes: classes, heads: heads) }
    self.init(model, heads: !heads.isEmpty, size: architecture.sizes.padded(size))
  }

  /// Profiles a network on the meta device.
  private init(_ model: SegmentationModel, heads: Bool, size: ImageSize) {
    var owners: [UInt: (module: String, count: Int)] = [:]
    for (name, tensor) in model.namedState {
      let module = name.split(separator: ".").dropLast().joined(separator: ".")
      owners[tensor.identity] = (module, 0)
    }
    var trainable = 0
    for (_, tensor) in model.namedParameters {
      owners[tensor.identity]!.count = tensor.count
      if tensor.requiresGrad { trainable += tensor.count }
    }
    model.eval()
    let calls = withDefaultDevice(.meta) {
      withoutGradients {
        let image = Tensor.zeros([1, model.imageChannels, size.height, size.width])
        return recordOperators { _ = model(image, heads: heads).logits }
      }
    }
    layers = calls.map { call in
      var name = ""
      var parameters = 0
      for case let input? in call.inputs {
        guard let owner = owners[input.identity] else { continue }
        name = owner.module
        parameters += owner.count
        owners[input.identity]!.count = 0
      }
      return Layer(
        name: name, operator: call.name, outputShape: call.outputs.first.flatMap { $0?.shape } ?? [],
        parameters: parameters, multiplyAccumulates: call.multiplyAccumulates)
    }
    multiplyAccumulates = layers.reduce(0) { $0 + $1.multiplyAccumulates }
    parameters = model.parameterCount
    trainableParameters = trainable
    inputSize = size
  }
}

extension OperatorCall {
  /// Products of a weight or matrix element with another value.
  var multiplyAccumulates: Int {
    guard inputs.count >= 2, let first = inputs[0], let second = inputs[1], let output = outputs.first ?? nil else {
      return 0
    }
    switch name {
    case "conv2d": return output.count * second.shape.dropFirst().reduce(1, *)
    case "conv_transpose2d": return first.count * second.shape.dropFirst().reduce(1, *)
    case "linear", "matmul", "bmm", "mm": return output.count * first.size(-1)
    default: return 0
    }
  }
}
