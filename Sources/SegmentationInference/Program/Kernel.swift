import CKernels
import Torch

extension Program {
  /// A kernel with its parameters. Numbers that name weights are positions in `Program.weights`.
  enum Kernel {
    case convolution(ConvolutionParameters)
    /// activation(x · scale + shift), also between quantizations.
    case affine(scale: Int?, shift: Int?, ActivationParameters)
    case binary(BinaryOperator, ActivationParameters)
    case resize(isNearest: Bool, alignCorners: Bool, BinaryOperator, ActivationParameters)
    case classMap(alignCorners: Bool)
    case maxPool(Window)
    case averagePool(Window, countsPadding: Bool)
    case adaptiveAveragePool
    case adaptiveMaxPool
    case maxUnpool
    case copy
    case permuteChannels([Int])
    case interleave
    case pixelShuffle(factor: Int)
    case softmax
    case reduce(Reduction)
    /// Nothing: all parts of the output have been written.
    case join
    case matrixProduct(MatrixProductParameters)
    case normalize(groups: Int, epsilon: Float, scale: Int?, shift: Int?)
    case rearrange(Rearrangement)
    /// A call of one of libtorch's operators, for which the host keeps the arguments under this number.
    case host(Int)
    case fill(Float)
  }

  enum BinaryOperator: UInt8 { case add = 0, subtract, multiply, divide }

  enum Reduction: UInt8 { case mean = 0, largest, sum, norm }

  enum ResidualPosition: UInt8 { case none = 0, beforeActivation, afterActivation }

  struct ConvolutionParameters {
    var isTransposed: Bool
    var weight: Int
    var bias: Int?
    var stride: IntPair
    var paddingTop: Int
    var paddingLeft: Int
    var dilation: IntPair
    var groups: Int
    var residual: ResidualPosition
    var activation: ActivationParameters
    /// Whether a rounding error may move a result by a pixel, so that only exact algorithms serve.
    var isExact: Bool
  }

  struct ActivationParameters {
    var kind = CK_IDENTITY
    var a: Float = 0
    var b: Float = 0
    var slopes: Int?
  }

  struct Window {
    var kernel: IntPair
    var stride: IntPair
    var padding: IntPair
    var dilation: IntPair
  }

  struct MatrixProductParameters {
    var batch: Int
    var rows: Int
    var inner: Int
    var columns: Int
    var isLeftTransposed = false
    var isRightTransposed = false
    var leftBatch: Int
    var rightBatch: Int
  }

  /// A copy of elements from some places of a tensor to some places of another one. Distances are counted in elements.
  struct Rearrangement {
    var sizes: [Int]
    var inputOffset: Int
    var inputStrides: [Int]
    var outputOffset: Int
    var outputStrides: [Int]
  }
}

extension Program.Kernel {
  /// The number that stands for the kernel in a file.
  var number: UInt16 {
    switch self {
    case .convolution: 1
    case .affine: 2
    case .binary: 3
    case .resize: 4
    case .classMap: 5
    case .maxPool: 6
    case .averagePool: 7
    case .adaptiveAveragePool: 8
    case .adaptiveMaxPool: 9
    case .maxUnpool: 10
    case .copy: 11
    case .permuteChannels: 12
    case .interleave: 13
    case .pixelShuffle: 14
    case .softmax: 15
    case .reduce: 16
    case .join: 17
    case .matrixProduct: 18
    case .normalize: 19
    case .rearrange: 20
    case .host: 21
    case .fill: 22
    }
  }
}
