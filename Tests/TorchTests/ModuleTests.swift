import Testing
import Torch

private final class Inner: Module {
  @Parameter var gain: Tensor = .ones([2])
  @Buffer var seenCount: Tensor = .zeros([], dtype: .int64)
  let arm_16 = Linear(2, 2)
  let missing: Linear? = nil
}

private class Outer: Module {
  let initialBlock = Sequential(Conv2d(3, 4, kernel: 3, bias: false), BatchNorm2d(4), Activation(.prelu))
  let stages = [[Inner()], [Inner(), Inner()]]
  let conv_A = Conv2d(4, 4, kernel: 1)
}

private final class Derived: Outer {
  @Parameter var scale: Tensor = .ones([])
  let maybe: Inner? = Inner()
}

@Suite struct ModuleTests {
  @Test(arguments: [
    ("initialBlock", "initial_block"), ("arm_16", "arm_16"), ("conv_A", "conv_A"), ("stage3Block", "stage3_block"),
    ("runningVar", "running_var"), ("numBatchesTracked", "num_batches_tracked"), ("conv1x1", "conv1x1"),
  ])
  func namesFollowOneRule(property: String, expected: String) {
    #expect(checkpointName(property) == expected)
  }

  @Test func stateHasPyTorchsOrder() {
    let names = Derived().namedState.map(\.name)
    #expect(
      names.prefix(8) == [
        "scale", "initial_block.0.weight", "initial_block.1.weight", "initial_block.1.bias",
        "initial_block.1.running_mean", "initial_block.1.running_var", "initial_block.1.num_batches_tracked",
        "initial_block.2.activation.weight",
      ])
    #expect(
      names[8..<12] == [
        "stages.0.0.gain", "stages.0.0.seen_count", "stages.0.0.arm_16.weight", "stages.0.0.arm_16.bias",
      ])
    #expect(names.suffix(6).prefix(2) == ["conv_A.weight", "conv_A.bias"])
    #expect(names.last == "maybe.arm_16.bias")
    #expect(Derived().parameterCount == 1 + 3 * 4 * 9 + 8 + 1 + 4 * (2 + 6) + 20)
  }

  @Test func loadingListsAllThatDoesNotFitAndWritesNothing() throws {
    let module = Outer()
    var state = module.stateDictionary
    let before = module.conv_A.weight.elements(Float.self)
    state["conv_A.bias"] = nil
    state["conv_A.weight"] = .zeros([4, 4, 3, 3])
    state["other"] = .zeros([1])
    let error = #expect(throws: StateMismatch.self) { try module.load(state) }
    #expect(error?.missing == ["conv_A.bias"])
    #expect(error?.unexpected == ["other"])
    #expect(error?.misshapen.map(\.name) == ["conv_A.weight"])
    #expect(error?.description.contains("conv_A.weight is [4, 4, 3, 3], expected [4, 4, 1, 1]") == true)
    #expect(module.conv_A.weight.elements(Float.self) == before)

    state["initial_block.1.bias"] = .full([4], 7)
    #expect(try module.load(state, strict: false).missing == ["conv_A.bias"])
    #expect(module.namedState.first { $0.name == "initial_block.1.bias" }?.tensor.elements(Float.self) == [7, 7, 7, 7])
  }

  @Test func sharedTensorsAreNotCopied() throws {
    let module = Outer()
    var state = module.stateDictionary
    state["conv_A.bias"] = .full([4], 3, dtype: .float64)
    try module.share(state)
    state["conv_A.weight"]!.zeroInPlace()
    state["conv_A.bias"]!.zeroInPlace()
    #expect(module.conv_A.weight.abs().max().item == 0)
    #expect(module.conv_A.bias!.elements(Float.self) == [3, 3, 3, 3], "of another type, copied")
    #expect(!module.conv_A.weight.requiresGrad)

    state["conv_A.weight"] = .ones([4, 4, 1, 1])
    state["other"] = .zeros([1])
    let error = #expect(throws: StateMismatch.self) { try module.share(state) }
    #expect(error?.unexpected == ["other"])
    #expect(module.conv_A.weight.abs().max().item == 0)
  }

  @Test func evaluationReachesEveryLayer() {
    let module = Outer().eval()
    var training: [String] = []
    module.visit { name, module in if module.isTraining { training.append(name) } }
    #expect(training.isEmpty)
    let normalized = BatchNorm2d(2)
    _ = normalized(.randomNormal([2, 2, 3, 3]))
    #expect(normalized.numBatchesTracked.itemInt == 1)
  }

  @Test func convolutionsStartAsInPyTorch() {
    Libtorch.seed(3)
    // fan-in 64 * 9: uniform within 1/24, standard deviation 1/24/√3 = 0.024056
    let layer = Conv2d(64, 128, kernel: 3)
    let weight = layer.weight.detached()
    #expect(weight.max().item <= 1.0 / 24 && weight.max().item > 0.999 / 24)
    #expect(abs((weight * weight).mean().sqrt().item - 0.024056) < 2e-4)
    #expect(layer.bias!.abs().max().item <= 1.0 / 24)
  }

  @Test func metaModulesHaveShapesAlone() {
    let module = withDefaultDevice(.meta) { Outer() }
    #expect(module.namedState.allSatisfy { $0.tensor.device.kind == .meta })
    #expect(module.initialBlock(.empty([1, 3, 1024, 2048], device: .meta)).shape == [1, 4, 1022, 2046])
  }

  @Test func metaShapesAreThoseOfRealRuns() {
    func shapes(_ device: Device) -> [[Int]] {
      withDefaultDevice(device) {
        let x = Tensor.empty([2, 4, 13, 18])
        let (values, indices) = x.maxPool2dWithIndices(kernel: 3, stride: 2, padding: 1)
        return [
          Conv2d(4, 6, kernel: [3, 5], stride: 2, padding: [2, 1], dilation: [2, 1], groups: 2)(x),
          ConvTranspose2d(4, 6, kernel: 3, stride: [2, 3], padding: 1, outputPadding: 1, groups: 2)(x),
          BatchNorm2d(4)(x), BatchNorm2d(4).eval()(x), AdaptiveAvgPool2d([5, 3])(x), AdaptiveAvgPool2d(1)(x),
          values, indices, values.relu().maxUnpool2d(indices: indices * 0, size: ImageSize(height: 13, width: 18)),
          x.upsampleBilinear2d(scale: 0.5, alignCorners: true), x.layerNorm([18], weight: nil, bias: nil),
          x.groupNorm(groups: 2, weight: nil, bias: nil), x.dropout(0.5, training: true),
          x.adaptiveMaxPool2d([2, 3]), x.avgPool2d(kernel: 3, stride: 2, padding: 1), x.pixelShuffle(2),
          x.softmax(dimension: 1), x.upsampleNearest2d(size: ImageSize(height: 3, width: 4)), x.norm([1], keep: true),
        ].map(\.shape) + Activation.Kind.allCases.map { Activation($0)(x).shape }
      }
    }
    #expect(shapes(.meta) == shapes(.cpu))
  }

  @Test func operatorsAreWatchedByTheirOwnNames() {
    let layer = Sequential(Conv2d(3, 4, kernel: 3), BatchNorm2d(4), Activation(.relu)).eval()
    let input = Tensor.zeros([1, 3, 8, 8])
    let calls = recordOperators { withoutGradients { _ = cat([layer(input), layer(input)]) } }
    #expect(calls.map(\.name) == ["conv2d", "batch_norm", "relu", "conv2d", "batch_norm", "relu", "cat"])
    #expect(calls[0].inputs.first??.isSame(as: input) == true)
    #expect(calls[6].outputs.first??.shape == [1, 8, 6, 6])
    #expect(recordOperators {}.isEmpty)
  }
}
