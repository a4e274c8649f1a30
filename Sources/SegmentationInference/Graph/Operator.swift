import Torch

extension Graph {
  /// The operators of graphs. `GraphOptimizer` turns libtorch's operators into these.
  ///
  /// Shapes are in the order NCHW, whatever the memory layout of an engine is. The shapes and element types of results
  /// are those of the node's outputs; a payload does not repeat them. Axes count from 0.
  package enum Operator {
    /// A convolution with bias, residual and activation, transposed or not.
    case convolution(Convolution)
    /// A linear layer over the last dimension.
    case linear(Linear)
    /// A scale and a shift per channel, such as batch normalization in evaluation.
    case affine(Affine)
    /// An activation function by itself.
    case unary(Unary)
    /// An operation on two tensors that broadcast.
    case binary(Binary)
    /// Bilinear or nearest resizing, perhaps into a sum or product with another map.
    case resize(Resize)
    /// A join of tensors along one dimension.
    case concatenate(Concatenate)
    /// The largest or the mean value of each window.
    case pool(Pool)
    /// The largest or the mean value of each cell of a grid.
    case adaptivePool(AdaptivePool)
    /// The inverse of a max pooling: values go back to their positions.
    case unpool(Unpool)
    /// A mean, sum, largest value or norm over some dimensions.
    case reduce(Reduce)
    /// Products of matrices.
    case matmul(MatrixProduct)
    /// The probabilities of scores along one dimension.
    case softmax(Softmax)
    /// Normalization over the last dimensions.
    case layerNorm(LayerNorm)
    /// Normalization over groups of channels.
    case groupNorm(GroupNorm)
    /// A change of shape that moves no element.
    case reshape(Reshape)
    /// A change of the dimensions' order.
    case permute(Permute)
    /// A range of indices along one dimension.
    case slice(Slice)
    /// A change of the channels' order.
    case permuteChannels(PermuteChannels)
    /// Channels of two maps taken alternately.
    case shuffle(Shuffle)
    /// Channels spread over squares of pixels.
    case pixelShuffle(PixelShuffle)
    /// A border of one number.
    case pad(Pad)
    /// The class with the largest score at each pixel.
    case classMap(ClassMap)
    /// Numbers as bytes.
    case quantize(Quantize)
    /// Bytes as numbers.
    case dequantize(Dequantize)
    /// An operator of libtorch that has no case here.
    case libtorch(LibtorchCall)
  }
}

/// The part of an operator that says what it reads and how it computes.
protocol OperatorPayload {
  /// Calls `body` with each value that the operator reads, in order, and keeps what `body` makes of it.
  mutating func visit(_ body: (inout Graph.ValueID) -> Void)
}

extension Graph.Operator {
  /// The values that the operator reads, in order; a value that is read twice is there twice.
  package var inputs: [Graph.ValueID] {
    var copy = self
    var result: [Graph.ValueID] = []
    copy.visit { result.append($0) }
    return result
  }

  /// The operator with other values in place of those that it reads.
  package func mapValues(_ transform: (Graph.ValueID) -> Graph.ValueID) -> Graph.Operator {
    var copy = self
    copy.visit { $0 = transform($0) }
    return copy
  }

  private mutating func visit(_ body: (inout Graph.ValueID) -> Void) {
    func visited<Payload: OperatorPayload>(_ payload: Payload) -> Payload {
      var payload = payload
      payload.visit(body)
      return payload
    }
    switch self {
    case .convolution(let payload): self = .convolution(visited(payload))
    case .linear(let payload): self = .linear(visited(payload))
    case .affine(let payload): self = .affine(visited(payload))
    case .unary(let payload): self = .unary(visited(payload))
    case .binary(let payload): self = .binary(visited(payload))
    case .resize(let payload): self = .resize(visited(payload))
    case .concatenate(let payload): self = .concatenate(visited(payload))
    case .pool(let payload): self = .pool(visited(payload))
    case .adaptivePool(let payload): self = .adaptivePool(visited(payload))
    case .unpool(let payload): self = .unpool(visited(payload))
    case .reduce(let payload): self = .reduce(visited(payload))
    case .matmul(let payload): self = .matmul(visited(payload))
    case .softmax(let payload): self = .softmax(visited(payload))
    case .layerNorm(let payload): self = .layerNorm(visited(payload))
    case .groupNorm(let payload): self = .groupNorm(visited(payload))
    case .reshape(let payload): self = .reshape(visited(payload))
    case .permute(let payload): self = .permute(visited(payload))
    case .slice(let payload): self = .slice(visited(payload))
    case .permuteChannels(let payload): self = .permuteChannels(visited(payload))
    case .shuffle(let payload): self = .shuffle(visited(payload))
    case .pixelShuffle(let payload): self = .pixelShuffle(visited(payload))
    case .pad(let payload): self = .pad(visited(payload))
    case .classMap(let payload): self = .classMap(visited(payload))
    case .quantize(let payload): self = .quantize(visited(payload))
    case .dequantize(let payload): self = .dequantize(visited(payload))
    case .libtorch(let payload): self = .libtorch(visited(payload))
    }
  }

  /// The name that descriptions and profiles show, such as "conv".
  package var name: String {
    switch self {
    case .convolution(let convolution): convolution.isTransposed ? "conv_transpose" : "conv"
    case .linear: "linear"
    case .affine: "affine"
    case .unary: "unary"
    case .binary: "binary"
    case .resize: "resize"
    case .concatenate: "concatenate"
    case .pool(let pool): pool.kind == .max ? "max_pool" : "average_pool"
    case .adaptivePool(let pool): pool.kind == .max ? "adaptive_max_pool" : "adaptive_average_pool"
    case .unpool: "unpool"
    case .reduce(let reduce): reduce.kind.rawValue
    case .matmul: "matmul"
    case .softmax: "softmax"
    case .layerNorm: "layer_norm"
    case .groupNorm: "group_norm"
    case .reshape: "reshape"
    case .permute: "permute"
    case .slice: "slice"
    case .permuteChannels: "permute_channels"
    case .shuffle: "shuffle"
    case .pixelShuffle: "pixel_shuffle"
    case .pad: "pad"
    case .classMap: "class_map"
    case .quantize: "quantize"
    case .dequantize: "dequantize"
    case .libtorch(let call): call.name
    }
  }

  /// The function that is applied to the result; `nil` if the operator has no place for one.
  package var activation: Graph.Activation? {
    switch self {
    case .convolution(let payload): payload.activation
    case .linear(let payload): payload.activation
    case .affine(let payload): payload.activation
    case .unary(let payload): payload.activation
    case .binary(let payload): payload.activation
    case .resize(let payload): payload.operand == nil ? nil : payload.activation
    case .concatenate, .pool, .adaptivePool, .unpool, .reduce, .matmul, .softmax, .layerNorm, .groupNorm, .reshape,
      .permute, .slice, .permuteChannels, .shuffle, .pixelShuffle, .pad, .classMap, .quantize, .dequantize, .libtorch:
      nil
    }
  }
}
