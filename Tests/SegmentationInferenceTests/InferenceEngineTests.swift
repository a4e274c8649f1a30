import SegmentationImage
import SegmentationInference
import SegmentationModels
import TestSupport
import Testing
import Torch

/// The engine against the networks themselves in libtorch.
@Suite(.serialized) struct InferenceEngineTests {
  /// All of the zoo but what differs in a ResNet's depth alone; each decoder, and each family of encoders.
  static let networks =
    Architecture.realTime.filter { architecture in
      !["resnet34", "resnet101", "resnet152"].contains { architecture.name.hasSuffix($0) }
    }
    + [
      "smp-unet-resnet18", "smp-unetpp-vgg11_bn", "smp-manet-mobilenet_v2", "smp-linknet-densenet121",
      "smp-fpn-efficientnet-b0", "smp-pspnet-se_resnet50", "smp-pan-mobileone_s0", "smp-deeplabv3-resnet18",
      "smp-deeplabv3p-timm-efficientnet-b0", "smp-unet-mit_b0", "smp-unet-xception", "smp-fpn-resnext50_32x4d",
    ].map { try! Architecture(name: $0) }

  private func model(_ architecture: Architecture) throws -> SegmentationModel {
    let model = try withoutInitialization { try architecture.makeModel(classes: 7) }
    for (name, tensor) in model.namedState { Formula.fill(tensor, key: name, as: fill(name, tensor, model)) }
    return model.eval()
  }

  private func fill(_ name: String, _ tensor: Tensor, _ model: SegmentationModel) -> Formula.Fill {
    if name.hasSuffix("num_batches_tracked") { return .zero }
    if name.hasSuffix("running_var") { return .runningVar }
    if name.hasSuffix("running_mean") { return .runningMean }
    if name.hasSuffix("bias") { return .bias }
    return tensor.rank >= 2 ? .fanIn : .one
  }

  /// Odd sizes, so that networks pad; scores within 1e-4 of the largest, and the same classes but for near ties.
  @Test(arguments: networks) func computesWhatTheNetworkDoes(_ architecture: Architecture) throws {
    let model = try model(architecture)
    let image = Formula.input([1, 3, 75, 101])
    let expected = withoutGradients { model.logits(image) }
    let options = InferenceOptions(threads: 2, output: .logits)
    let scores = try InferenceEngine(model, size: IntPair(75, 101), options: options)(image)
    let largest = expected.abs().max().item
    let difference = (scores - expected).abs()
    #expect(difference.max().item <= 1e-4 * largest)

    let engine = try InferenceEngine(model, size: IntPair(75, 101), options: InferenceOptions(threads: 2))
    for _ in 0..<2 {
      let classes = try engine(image)
      #expect(classes.shape == [1, 75, 101])
      // The chosen class's score is the best but for rounding.
      let index = classes.to(dtype: .int64).unsqueeze(1)
      let oneHot = (index .== Tensor.range(7).reshape([1, 7, 1, 1])).to(dtype: .float32)
      let chosen = (expected * oneHot).sum([1])
      let loss = expected.max([1]) - chosen
      #expect(loss.max().item <= 2e-4 * largest)
    }
  }
}
