import SegmentationModels
import SegmentationTraining
import Testing
import Torch

/// Which parameters are trained, and by how much.
@Suite struct TrainedParametersTests {
  private func groups(
    _ network: String, frozen: [String] = [], _ change: (inout OptimizerOptions) -> Void = { _ in }
  ) throws -> [(names: [String], rate: Double, decay: Double)] {
    var options = OptimizerOptions()
    options.learningRate = 1
    options.weightDecay = 0.5
    change(&options)
    let model = try withDefaultDevice(.meta) { try Architecture(name: network).makeModel() }
    let trained = try TrainedParameters(
      of: model, network: network, options: options, frozen: frozen.map { ParameterPattern($0) })
    let groups = trained.parameterGroups(learningRate: 1, momentum: 0.9)
    // No parameter is in two groups.
    #expect(Set(groups.flatMap(\.names)).count == groups.flatMap(\.names).count)
    return groups.map { ($0.names, $0.learningRate, $0.weightDecay) }
  }

  @Test func `without rules there is one group in the network's order`() throws {
    let groups = try groups("fastscnn")
    let model = try Architecture(name: "fastscnn").makeModel()
    #expect(groups.count == 1)
    #expect(groups[0].names == model.namedParameters.map(\.name))
  }

  @Test func `norms and biases need not be decayed`() throws {
    let groups = try groups("fastscnn") {
      $0.decayNorms = false
      $0.decayBiases = false
    }
    #expect(groups.map(\.decay).sorted() == [0, 0.5])
    let decayed = try #require(groups.first { $0.decay > 0 }).names
    #expect(decayed.allSatisfy { $0.hasSuffix("weight") })
    let free = try #require(groups.first { $0.decay == 0 }).names
    #expect(free.contains("classifier.conv.bias") || free.contains { $0.hasSuffix("bias") })
    // Batch normalizations' weights are vectors, those of convolutions are not.
    let shapes = try Architecture(name: "fastscnn").makeModel().stateDictionary
    #expect(decayed.allSatisfy { shapes[$0]!.rank > 1 })
    #expect(free.allSatisfy { shapes[$0]!.rank == 1 })
  }

  @Test func `factors of rules that match are multiplied`() throws {
    let groups = try groups("linknet-resnet18") {
      $0.rules = [
        ParameterRule("backbone.*", learningRateFactor: 0.1),
        ParameterRule("backbone.layer1.*", learningRateFactor: 0.5, weightDecayFactor: 0),
      ]
    }
    for (names, rate, decay) in groups {
      for name in names {
        let isFirst = name.hasPrefix("backbone.layer1.")
        #expect(abs(rate - (isFirst ? 0.05 : name.hasPrefix("backbone.") ? 0.1 : 1)) < 1e-12, "\(name)")
        #expect(decay == (isFirst ? 0 : 0.5), "\(name)")
      }
    }
    #expect(groups.count == 3)
  }

  @Test func `frozen parameters are in no group`() throws {
    let names = try groups("linknet-resnet18", frozen: ["backbone.*"]).flatMap(\.names)
    #expect(!names.isEmpty && !names.contains { $0.hasPrefix("backbone.") })
  }

  @Test func `layers of the backbone have falling rates`() throws {
    let groups = try groups("linknet-resnet18") { $0.layerDecay = 0.5 }
    func rate(_ name: String) throws -> Double { try #require(groups.first { $0.names.contains(name) }).rate }
    let model = try Architecture(name: "linknet-resnet18").makeModel()
    for name in model.namedParameters.map(\.name) where !name.hasPrefix("backbone.") { #expect(try rate(name) == 1) }
    // ResNet-18 has the stem's convolution and normalization, then eight blocks.
    #expect(try rate("backbone.layer4.1.conv2.weight") == 0.5)
    #expect(try rate("backbone.layer4.0.conv1.weight") == 0.25)
    #expect(try rate("backbone.layer1.0.bn1.bias") == 1.0 / 256)
    #expect(try rate("backbone.conv1.weight") == 1.0 / 1024)
  }

  @Test func `patterns that match nothing are refused by name`() throws {
    func refusal(_ network: String, frozen: [String] = [], _ change: (inout OptimizerOptions) -> Void) -> String {
      do {
        _ = try groups(network, frozen: frozen, change)
        return "accepted"
      } catch { return "\(error)" }
    }
    #expect(
      refusal("fastscnn") { $0.rules = [ParameterRule("*"), ParameterRule("backbone.*")] }
        .hasPrefix("optimizer.rules[1].pattern: 'backbone.*' matches nothing in fastscnn, whose names are such as "))
    #expect(refusal("fastscnn", frozen: ["nothing"]) { _ in }.hasPrefix("model.frozen: 'nothing' matches nothing"))
    #expect(refusal("fastscnn", frozen: ["*"]) { _ in } == "model.frozen: no parameter of fastscnn is left to train")
    #expect(refusal("fastscnn") { $0.layerDecay = 0.9 }.contains("fastscnn has no backbone or encoder"))
  }

  @Test func `the rate follows the images of a step`() {
    var options = OptimizerOptions()
    options.learningRate = 0.02
    #expect(options.learningRate(imagesPerStep: 64) == 0.02)
    options.scaleLearningRate = 16
    #expect(options.learningRate(imagesPerStep: 64) == 0.08)
  }
}
