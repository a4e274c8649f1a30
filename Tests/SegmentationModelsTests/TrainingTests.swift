import SegmentationModels
import TestSupport
import Testing
import Torch

/// New networks: their random weights, one step of learning, odd sizes.
@Suite(.serialized) struct TrainingTests {
  /// Suites run side by side, so that more threads each would only wait for each other.
  init() { Libtorch.threads = 1 }

  /// All real-time networks but those that differ from others in a ResNet's depth alone.
  static let cases = CatalogueCase.all.filter { test in
    test.architecture.family != "smp" && !["resnet34", "resnet101", "resnet152"].contains { test.name.contains($0) }
  }

  @Test(arguments: cases) func `the loss falls in training`(_ test: CatalogueCase) throws {
    Libtorch.seed(1)
    let model = try test.architecture.makeModel(heads: test.heads)
    checkInitialization(of: model)

    // Other suites draw from the same random generator meanwhile: what learns has weights of the same size by the formula.
    withoutGradients {
      for (name, tensor) in model.namedParameters {
        if tensor.rank >= 2 {
          Formula.fill(tensor, key: name, as: .fanIn)
          tensor.multiplyInPlace(1 / 3.0.squareRoot())
        } else if name.hasSuffix("bias") {
          tensor.zeroInPlace()
        }
      }
    }
    model.visit { _, module in
      (module as? Dropout)?.probability = 0
      (module as? StochasticDepth)?.rate = 0
    }
    let image = Formula.input([2, 3, 128, 128])
    let labels = Formula.labels([2, 128, 128])
    func loss() -> Tensor {
      let losses = losses(model(image, heads: true), labels: labels, model: model)
      return losses.values.dropFirst().reduce(losses.values.first!) { $0 + $1 }
    }
    // Gradients through the statistics of a few values are of no use: there, a step with running statistics.
    model.train(!test.isIllConditionedInTraining)
    let before = loss()
    before.backward()
    Adam([ParameterGroup(model.parameters, learningRate: 3e-5)]).step()
    let after = withoutGradients { loss() }
    #expect(after.item < before.item)
  }

  @Test(arguments: Architecture.realTime) func takesAnySize(_ architecture: Architecture) throws {
    let model = try architecture.makeModel(classes: 5).eval()
    let image = Formula.input([1, 3, 65, 99])
    let scores = withoutGradients { model.logits(image) }
    #expect(scores.shape == [1, 5, 65, 99])
    #expect(scores.isFinite().all().item == 1)
  }

  // MARK: - Initialization

  /// Weights by the moments of their distributions; biases and normalizations exactly or by their bounds.
  private func checkInitialization(of model: SegmentationModel) {
    var pretrainable: Set<UInt> = []
    model.visit { _, module in
      guard module is any Pretrainable || Self.isLikeABackbone(module) else { return }
      pretrainable.formUnion(module.parameters.map(\.identity))
    }
    model.visit { name, module in
      switch module {
      case let layer as Conv2d:
        if model is DPT, !name.hasPrefix("encoder.") {
          // Kaiming uniform by fan-in in the decoder, Xavier uniform in the head.
          let fans = layer.weight.fanIn + (name.hasPrefix("decoder.") ? 0 : layer.weight.fanOut)
          checkMoments(layer.weight, std: (2 / Double(fans)).squareRoot(), name)
        } else if model is DPT {
          checkUniform(layer.weight, layer.bias, name)
        } else if model is FCHarDNet {
          checkXavier(layer.weight, name)
        } else if pretrainable.contains(layer.weight.identity) {
          checkNormal(layer, name)
        } else {
          checkUniform(layer.weight, layer.bias, name)
        }
      case let layer as ConvTranspose2d: checkUniform(layer.weight, layer.bias, name)
      case let layer as Linear where model is DPT:
        let xavier = (2 / Double(layer.weight.fanIn + layer.weight.fanOut)).squareRoot()
        checkMoments(layer.weight, std: name.hasPrefix("encoder.") ? 0.02 : xavier, name)
        #expect(layer.bias?.norm().item == 0, "\(name) bias")
      case let layer as Linear: checkUniform(layer.weight, layer.bias, name)
      case let layer as BatchNorm2d:
        for (tensor, value) in [(layer.weight, 1.0), (layer.bias, 0), (layer.runningMean, 0), (layer.runningVar, 1)] {
          #expect(tensor.min().item == value && tensor.max().item == value, "\(name)")
        }
      case let layer as PReLU: #expect(layer.weight.min().item == 0.25 && layer.weight.max().item == 0.25, "\(name)")
      default: break
      }
    }
  }

  /// Kaiming uniform with a = √5: within ±1 / √fan-in.
  private func checkUniform(_ weight: Tensor, _ bias: Tensor?, _ name: String) {
    let bound = 1 / Double(weight.shape.dropFirst().reduce(1, *)).squareRoot()
    checkMoments(weight, std: bound / 3.0.squareRoot(), name)
    #expect(weight.abs().max().item <= bound * 1.000001, "\(name)")
    if let bias { #expect(bias.abs().max().item <= bound * 1.000001 && bias.norm().item > 0, "\(name) bias") }
  }

  /// Networks whose authors draw all weights as those of a backbone.
  private static func isLikeABackbone(_ module: Module) -> Bool {
    module is PIDNet || module is RDRNet || module is GCNet || module is DSNet || module is DualResNet
  }

  /// Xavier normal.
  private func checkXavier(_ weight: Tensor, _ name: String) {
    checkMoments(weight, std: (2 / Double(weight.fanIn + weight.fanOut)).squareRoot(), name)
  }

  /// Kaiming normal by fan-out. In torchvision it is that of all groups together, in other libraries that of each group.
  private func checkNormal(_ layer: Conv2d, _ name: String) {
    let shape = layer.weight.shape
    let fanOut = Double(shape[0] * shape[2] * shape[3])
    let found = (layer.weight * layer.weight).mean().item
    let fitting = [fanOut, fanOut / Double(layer.groups)].min { abs(found * $0 - 2) < abs(found * $1 - 2) }!
    checkMoments(layer.weight, std: (2 / fitting).squareRoot(), name)
  }

  /// Within five standard errors.
  private func checkMoments(_ weight: Tensor, std: Double, _ name: String) {
    let count = Double(weight.count)
    let mean = weight.mean().item
    let found = (weight * weight).mean().item.squareRoot()
    #expect(abs(mean) <= 5 * std / count.squareRoot(), "\(name) mean")
    #expect(abs(found - std) <= 5 * std / (2 * count).squareRoot(), "\(name) deviation")
  }
}
