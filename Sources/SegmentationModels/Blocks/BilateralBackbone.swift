import Torch

/// The backbone of RDRNet and GCNet: two branches below 1/8, one of meaning down to 1/64 and one of detail that stays,
/// exchange their features twice; pooled context then joins the other branch.
final class BilateralBackbone: Module {
  let stem: Sequential
  let semanticBranchLayers: [Sequential]
  let compression_1: NamedConv
  let down_1: NamedConv
  let compression_2: NamedConv
  let down_2: Sequential
  let detailBranchLayers: [Sequential]
  let spp: any Layer
  private let activatesInPlace: Bool

  /// - Parameters:
  ///   - width: The channels at 1/4.
  ///   - semantic, detail: The three stages of each branch.
  ///   - activatesInPlace: Whether what passed ReLU takes the features' place in the sums of an exchange.
  init(
    width: Int, stem: [any Layer], semantic: [Sequential], detail: [Sequential], context: any Layer,
    norm: NamedConv.Norm, activatesInPlace: Bool
  ) {
    self.stem = Sequential(stem)
    semanticBranchLayers = semantic
    compression_1 = NamedConv(4 * width, 2 * width, kernel: 1, norm: norm)
    down_1 = NamedConv(2 * width, 4 * width, stride: 2, norm: norm)
    compression_2 = NamedConv(8 * width, 2 * width, kernel: 1, norm: norm)
    down_2 = Sequential(
      NamedConv(2 * width, 4 * width, stride: 2, norm: norm, order: .convReLU),
      NamedConv(4 * width, 8 * width, stride: 2, norm: norm))
    detailBranchLayers = detail
    spp = context
    self.activatesInPlace = activatesInPlace
  }

  /// Features [N, 4 width, H / 8, W / 8] of images [N, 3, H, W], and those [N, 2 width, H / 8, W / 8] after the first
  /// exchange.
  func callAsFunction(_ x: Tensor) -> (early: Tensor, features: Tensor) {
    let eighth = stem(x)
    let first = exchange(
      semanticBranchLayers[0](eighth), detailBranchLayers[0](eighth), up: compression_1, down: down_1)
    let second = exchange(
      semanticBranchLayers[1](first.semantic.relu()), detailBranchLayers[1](first.detail.relu()), up: compression_2,
      down: down_2)
    let detail = detailBranchLayers[2](second.detail.relu())
    let context = spp(semanticBranchLayers[2](second.semantic.relu()))
    return (first.detail, detail + context.upsampleBilinear2d(size: detail.spatialSize, alignCorners: false))
  }

  private func exchange(
    _ semantic: Tensor, _ detail: Tensor, up: any Layer, down: any Layer
  ) -> (semantic: Tensor, detail: Tensor) {
    let (activeSemantic, activeDetail) = (semantic.relu(), detail.relu())
    let raised = up(activeSemantic).upsampleBilinear2d(size: detail.spatialSize, alignCorners: false)
    let lowered = down(activeDetail)
    return activatesInPlace
      ? (activeSemantic + lowered, activeDetail + raised) : (semantic + lowered, detail + raised)
  }
}

/// Pyramid pooling under mmsegmentation's names: DAPPM, or RDRNet's variant of PAPPM (RPPM).
final class NamedPyramidContext: Module, Layer {
  let scales: [any Layer]
  /// DAPPM's convolutions.
  let processes: [NamedConv]
  /// RPPM's convolution; both have one name.
  let parallel: ParallelProcess?
  let compression, shortcut: NamedConv

  /// - Parameters:
  ///   - width: The channels of each scale.
  ///   - parallel: RPPM's convolution of all scales; `nil` for DAPPM.
  init(_ inputs: Int, width: Int, _ outputs: Int, norm: NamedConv.Norm, parallel: ParallelProcess? = nil) {
    func conv() -> NamedConv { NamedConv(inputs, width, kernel: 1, norm: norm, order: .reluConv) }
    scales = [
      conv(), Sequential(AvgPool2d(5, stride: 2, padding: 2), conv()),
      Sequential(AvgPool2d(9, stride: 4, padding: 4), conv()), Sequential(AvgPool2d(17, stride: 8, padding: 8), conv()),
      Sequential(AdaptiveAvgPool2d(1), conv()),
    ]
    processes =
      parallel == nil ? (0..<4).map { _ in NamedConv(width, width, norm: norm, order: .reluConv) } : []
    self.parallel = parallel
    compression = NamedConv(5 * width, outputs, kernel: 1, norm: norm, order: .reluConv)
    shortcut = NamedConv(inputs, outputs, kernel: 1, norm: norm, order: .reluConv)
  }

  override var children: [(name: String, module: Module)] {
    super.children.map { ($0.name == "parallel" ? "processes" : $0.name, $0.module) }
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    let pooled = Array(scales.dropFirst())
    let maps =
      if let parallel {
        PyramidContext.parallel(x, scales[0], pooled, process: parallel)
      } else {
        PyramidContext.deep(x, scales[0], pooled, processes: processes)
      }
    return compression(cat(maps)) + shortcut(x)
  }

  /// RPPM's two convolutions in four groups, whose results are added and that one can replace.
  final class ParallelProcess: Module, Layer, Mergeable {
    let norm: BatchNorm2d
    let parallel1, parallel2: NamedConv?
    let reparamParallel: Conv2d?

    init(_ channels: Int, norm: NamedConv.Norm, deployed: Bool) {
      self.norm = norm(channels)
      func conv() -> NamedConv? { deployed ? nil : NamedConv(channels, channels, groups: 4, norm: norm) }
      parallel1 = conv()
      parallel2 = conv()
      reparamParallel = deployed ? Conv2d(channels, channels, kernel: 3, padding: 1, groups: 4) : nil
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let active = norm.relu(x)
      guard let parallel1, let parallel2 else { return reparamParallel!(active) }
      return parallel1(active) + parallel2(active)
    }

    var merged: Conv2d? { reparamParallel }

    func merging() -> MergedConv {
      MergedConv(parallel1!.conv, parallel1!.bn) + MergedConv(parallel2!.conv, parallel2!.bn)
    }
  }
}

extension Module {
  /// Draws all convolutions' weights below this module anew as the authors of RDRNet and GCNet do; biases in the
  /// backbone begin at 0.
  func initializeLikeItsAuthors() {
    initializeConvolutionsLikeTorchvision()
    visit { name, module in
      if name.hasPrefix("backbone.") { (module as? Conv2d)?.bias?.initializeZero() }
    }
  }
}
