import Torch

/// A block that trains as a sum of 3x3 and 1x1 convolutions and of its normalized input, and that one 3x3 convolution
/// can replace, perhaps with ReLU.
final class MergeableBlock: Module, Layer, Mergeable {
  /// The paths of 3x3 convolutions.
  enum Kind {
    /// RDRNet's: a single convolution.
    case single
    /// GCNet's: twice a convolution that a 1x1 one follows.
    case double
  }

  let path_residual: BatchNorm2d?
  let path_3x3: NamedConv?
  let path_3x3_1, path_3x3_2: TwoConvs?
  let path_1x1: TwoConvs?
  let reparam_3x3: Conv2d?
  private let activates: Bool

  init(
    _ inputs: Int, _ outputs: Int, stride: Int = 1, kind: Kind, norm: NamedConv.Norm, activates: Bool = true,
    deployed: Bool
  ) {
    self.activates = activates
    if deployed {
      (path_residual, path_3x3, path_3x3_1, path_3x3_2, path_1x1) = (nil, nil, nil, nil, nil)
      reparam_3x3 = Conv2d(inputs, outputs, kernel: 3, stride: IntPair(stride), padding: 1)
      return
    }
    func twoConvs(_ kernel: IntPair, bias: Bool = false) -> TwoConvs {
      TwoConvs(inputs, outputs, kernel: kernel, stride: stride, bias: bias, norm: norm)
    }
    let isSingle = kind == .single
    path_residual = inputs == outputs && stride == 1 ? norm(inputs) : nil
    path_3x3 = isSingle ? NamedConv(inputs, outputs, stride: stride, norm: norm) : nil
    path_3x3_1 = isSingle ? nil : twoConvs(3)
    path_3x3_2 = isSingle ? nil : twoConvs(3)
    path_1x1 = twoConvs(1, bias: isSingle)
    reparam_3x3 = nil
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    let sum: Tensor
    if let reparam_3x3 {
      sum = reparam_3x3(x)
    } else {
      let paths: [(any Layer)?] = [path_3x3, path_3x3_1, path_3x3_2, path_1x1, path_residual]
      let maps = paths.compactMap { $0?(x) }
      sum = maps.dropFirst().reduce(maps[0], +)
    }
    return activates ? sum.relu() : sum
  }

  var merged: Conv2d? { reparam_3x3 }

  func merging() -> MergedConv {
    let paths = [
      path_3x3.map { MergedConv($0.conv, $0.bn) }, path_3x3_1?.merging(), path_3x3_2?.merging(), path_1x1?.merging(),
      path_residual.map { MergedConv($0) },
    ].compactMap { $0 }
    return paths.dropFirst().reduce(paths[0], +)
  }

  /// Blocks one after another. The first one may change channels and size, and the last one may leave out its ReLU.
  static func chain(
    _ inputs: Int, _ outputs: Int, count: Int, stride: Int = 1, kind: Kind, norm: NamedConv.Norm = NamedConv.Norm(),
    endsWithReLU: Bool = true, deployed: Bool
  ) -> [MergeableBlock] {
    (0..<count).map { index in
      MergeableBlock(
        index == 0 ? inputs : outputs, outputs, stride: index == 0 ? stride : 1, kind: kind, norm: norm,
        activates: endsWithReLU || index < count - 1, deployed: deployed)
    }
  }

  /// A convolution and a 1x1 convolution, each with normalization.
  final class TwoConvs: Module, Layer {
    let conv1, conv2: NamedConv

    init(_ inputs: Int, _ outputs: Int, kernel: IntPair, stride: Int, bias: Bool, norm: NamedConv.Norm) {
      conv1 = NamedConv(inputs, outputs, kernel: kernel, stride: stride, bias: bias, norm: norm)
      conv2 = NamedConv(outputs, outputs, kernel: 1, bias: bias, norm: norm)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { conv2(conv1(x)) }

    func merging() -> MergedConv { MergedConv(conv1.conv, conv1.bn).followed(by: MergedConv(conv2.conv, conv2.bn)) }
  }
}
