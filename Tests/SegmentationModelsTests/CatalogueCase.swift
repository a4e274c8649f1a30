import SegmentationModels
import TestSupport
import Testing
import Torch

/// An architecture with training heads, which is what a fixture describes.
struct CatalogueCase: Sendable, CustomTestStringConvertible {
  let architecture: Architecture
  let heads: Heads

  /// The fixture's name.
  var name: String {
    architecture.name + (heads.contains(.auxiliary) ? "-aux" : "") + (heads.contains(.detail) ? "-detail" : "")
  }

  var testDescription: String { name }

  /// Every architecture, without heads and with each that it supports.
  static let all = Architecture.allCases.flatMap { architecture in
    [[], Heads.auxiliary, .detail].filter(architecture.supportedHeads.isSuperset).map {
      CatalogueCase(architecture: architecture, heads: $0)
    }
  }

  /// The cases that the parity suite compares.
  static let required: [CatalogueCase] = {
    let names = Set(RequiredFixtures.names)
    return all.filter { names.contains($0.name) }
  }()

  /// Whether the fixture must have gradients: those of all real-time networks have them, and one for each decoder.
  var needsGradients: Bool {
    switch architecture {
    case .smp(_, .resNet(.resnet18), _): true
    case .smp: false
    default: true
    }
  }

  /// Whether gradients are compared with fixed statistics, too, and not in training alone: for the first network of each
  /// family, and for those whose gradients in training depend much on rounding. For the other variants, which have the same
  /// layers in other numbers and widths, it would show nothing new; `RTSEG_TESTED_NETWORKS=all` does it for all.
  var comparesFrozenGradients: Bool {
    TestedNetworks.areAll || architecture.standsForItsFamily || toleranceInTraining > 1e-7
  }

  /// Whether positions of maxima, which tell where to put values later, are part of the network. If two values are nearly
  /// equal, rounding decides between positions.
  var keepsPositions: Bool { name.hasPrefix("segnet") || name.hasPrefix("enet") }

  /// The largest difference of float64 gradients without batch statistics that is allowed, relative to a loss or the norm
  /// of all gradients. Over all networks and instruction sets the largest is 5e-14, except for TopFormer and PP-MobileSeg:
  /// the originals build the hard sigmoid from ReLU6, and libtorch's own multiplies its gradient by a sixth that is rounded
  /// to float32, which differs by 3e-8 of it.
  var toleranceInGradients: Double { name.hasPrefix("topformer") || name.hasPrefix("ppmobileseg") ? 1e-9 : 1e-10 }

  /// The largest difference of float64 numbers in training mode that is allowed. Over all networks and instruction sets
  /// the largest is 1e-9, except for the deepest Lite-HRNet: some of its many normalizations of two values each are
  /// nearly signs, and its gradients differ by 5e-5.
  var toleranceInTraining: Double { name.hasPrefix("litehrnet-30") ? 1e-3 : 1e-7 }

  /// Whether float32 numbers in training mode depend much on rounding. They do if a normalization sees few values or nearly
  /// constant channels, and in the deepest ResNets.
  var isIllConditionedInTraining: Bool {
    [
      "litehrnet", "dfanet", "mininetv2", "efficientvit", "pidnet", "rdrnet", "gcnet", "dsnet", "dualresnet",
      "topformer", "ppmobileseg", "resnet101", "resnet152",
    ].contains { name.contains($0) }
  }

  /// The network with the weights that its fixture was made with.
  func makeModel(_ fixture: ModelFixture) throws -> SegmentationModel {
    let model = try withoutInitialization { try architecture.makeModel(heads: heads) }
    for (entry, tensor) in zip(fixture.entries, model.namedState.map(\.tensor)) {
      Formula.fill(tensor, key: entry.key, as: entry.fill)
    }
    return model
  }
}

/// The losses that the fixtures were made with: cross entropy for class scores, labels shrunk by nearest neighbor to
/// the heads' sizes; dice plus binary cross entropy for the boundaries of a detail head, and the latter for a boundary
/// head with any map, since its own loss is tested elsewhere. All count once.
func losses(_ output: SegmentationOutput, labels: Tensor, model: SegmentationModel) -> [String: Tensor] {
  var losses = ["main": crossEntropy(output.logits, labels)]
  for (index, scores) in output.auxiliary.enumerated() {
    let shrunk = labels.unsqueeze(1).to(dtype: .float32).upsampleNearest2d(size: scores.spatialSize).squeeze(1)
    losses["aux\(index)"] = crossEntropy(scores, shrunk.to(dtype: .int64))
  }
  if let detail = output.detail, model.hasBoundaryHead {
    let target = (labels.unsqueeze(1) .< 10).to(dtype: detail.dtype)
    losses["boundary"] = binaryCrossEntropyWithLogits(detail.resized(to: target.spatialSize), target)
  } else if let detail = output.detail {
    let target = boundaries(of: labels, weight: model.detailScaleWeights!).to(dtype: detail.dtype)
    let scores = detail.resized(to: target.spatialSize)
    let overlap = (scores * target).sum([1, 2, 3]) * 2 + 1
    let dice = 1 - overlap / (scores.sum([1, 2, 3]) + target.sum([1, 2, 3]) + 1)
    losses["detail"] = dice.mean() + binaryCrossEntropyWithLogits(scores, target)
  }
  return losses
}

/// The Laplacian of the labels at strides 1, 2 and 4, mixed and compared with 0.1.
private func boundaries(of labels: Tensor, weight: Tensor) -> Tensor {
  withoutGradients {
    let kernel = Tensor([-1, -1, -1, -1, 8, -1, -1, -1, -1] as [Float], shape: [1, 1, 3, 3]).to(device: labels.device)
    let map = labels.unsqueeze(1).to(dtype: .float32)
    let pyramid = [1, 2, 4].map { stride in
      map.conv2d(weight: kernel, stride: IntPair(stride), padding: 1).upsampleNearest2d(size: map.spatialSize)
    }
    return (cat(pyramid).to(dtype: weight.dtype).conv2d(weight: weight) .> 0.1).to(dtype: .float32)
  }
}

extension Tensor {
  fileprivate func resized(to size: ImageSize) -> Tensor { upsampleBilinear2d(size: size, alignCorners: true) }
}
