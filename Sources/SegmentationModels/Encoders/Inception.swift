import Torch

/// Layers of the inception networks.
enum Inception {
  /// A convolution, a normalization and a ReLU.
  final class Conv: Module, Layer {
    let conv: Conv2d
    let bn: BatchNorm2d

    init(_ inputs: Int, _ outputs: Int, kernel: IntPair = 1, stride: IntPair = 1) {
      conv = Conv2d(inputs, outputs, kernel: kernel, stride: stride, padding: .centered, bias: false)
      bn = BatchNorm2d(outputs, epsilon: 1e-3)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { bn.relu(conv(x)) }
  }

  /// The means of 3x3 pixels, not counting those beyond the edge.
  final class Mean: Module, Layer {
    func callAsFunction(_ x: Tensor) -> Tensor { x.avgPool2d(kernel: 3, stride: 1, padding: 1, countPadding: false) }
  }

  /// The largest of each 3x3 pixels, at half the size.
  final class Shrink: Module, Layer {
    func callAsFunction(_ x: Tensor) -> Tensor { x.maxPool2d(kernel: 3, stride: 2, padding: 1) }
  }

  /// Branches whose results are joined. Keys: "branch0", "branch1", ... or other names.
  final class Branches: Module, Layer {
    private let branches: [any Layer]
    private let names: [String]

    init(_ branches: [any Layer], names: [String]? = nil) {
      self.branches = branches
      self.names = names ?? branches.indices.map { "branch\($0)" }
    }

    override var children: [(name: String, module: Module)] { zip(names, branches).map { ($0, $1) } }

    func callAsFunction(_ x: Tensor) -> Tensor { cat(branches.map { $0(x) }) }
  }
}
