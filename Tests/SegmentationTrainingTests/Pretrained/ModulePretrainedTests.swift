import Foundation
import SegmentationData
import SegmentationModels
import SegmentationTraining
import Testing
import Torch

@Suite struct ModulePretrainedTests {
  /// Names, order and shapes are torchvision 0.28's:
  /// `"\n".join(f"{k} {list(v.shape)}" for k, v in torchvision.models.resnet18().state_dict().items())`, SHA-256.
  @Test(arguments: [
    (Backbone.resNet(.resnet18), "66b04efc1dfd4b80"), (.resNet(.resnet34), "4aa3e2bbbdc5e2fd"),
    (.resNet(.resnet50), "614cd53ddf849669"), (.resNet(.resnet101), "593b3bde446ee903"),
    (.resNet(.resnet152), "9ce3831312550858"), (.mobileNetV2, "a18c560d82f6d01d"),
  ]) func namesAreTorchvisions(_ backbone: Backbone, _ hash: String) throws {
    let lines = TorchvisionFile(backbone).state.entries.map { "\($0.name) \($0.tensor.shape)" }
    let found = Data(lines.joined(separator: "\n").utf8).withUnsafeBytes(ContentHash.hex(of:))
    #expect(found.hasPrefix(hash))
  }

  /// Wherever a network keeps its backbone.
  @Test(arguments: [
    ("bisenetv1-resnet18", Backbone.resNet(.resnet18)), ("canet-mobilenet_v2", .mobileNetV2),
    ("farseenet-resnet18", .resNet(.resnet18)), ("icnet-resnet18", .resNet(.resnet18)),
    ("linknet-resnet50", .resNet(.resnet50)), ("liteseg-mobilenet_v2", .mobileNetV2),
    ("shelfnet-resnet34", .resNet(.resnet34)), ("swiftnet-mobilenet_v2", .mobileNetV2),
  ]) func allOfTheBackboneIsLoaded(_ name: String, _ backbone: Backbone) throws {
    let network = try backboneNetwork(of: Architecture(name: name))
    let file = TorchvisionFile(backbone)
    let report = try load(file.state, into: network)
    #expect(report.loaded == report.total && report.missing.isEmpty)
    #expect(report.unused == file.state.keys.suffix(backbone == .mobileNetV2 ? 8 : 2))
    for (name, tensor) in network.namedState { #expect(tensor.equals(file.state[file.key(name)]!), "\(name)") }
  }

  /// FANet's first layer strides, so its first block has a shortcut that torchvision's ResNet has not.
  @Test func whatTheFileHasNotIsReported() throws {
    let network = try backboneNetwork(of: .fanet(.resnet18))
    let state = TorchvisionFile(.resNet(.resnet18)).state.renamed { $0.hasSuffix("num_batches_tracked") ? nil : $0 }
    let report = try load(state, into: network)
    #expect(report.missing.filter { !$0.hasSuffix("num_batches_tracked") }.count == 5)
    #expect(report.missing.contains("layer1.0.downsample.0.weight"))
    #expect(report.missing.filter { $0.hasSuffix("num_batches_tracked") }.count == 21)
    #expect(report.loaded == 100 && report.total == 126)
  }

  @Test(arguments: [
    (Backbone.resNet(.resnet34), Backbone.resNet(.resnet18), "'layer1.2.conv1.weight' is not in the file"),
    (.resNet(.resnet18), .resNet(.resnet34), "'layer1.2.conv1.weight' [64, 64, 3, 3] has no place in it"),
    (
      .resNet(.resnet18), .resNet(.resnet50),
      "'layer1.0.conv1.weight' has the shape [64, 64, 1, 1], expected [64, 64, 3, 3]"
    ),
    (.mobileNetV2, .resNet(.resnet18), "'conv1.weight' [64, 3, 7, 7] has no place in it"),
    (.resNet(.resnet18), .mobileNetV2, "'features.0.0.weight' [32, 3, 3, 3] has no place in it"),
  ]) func weightsOfAnotherNetworkAreRefused(_ own: Backbone, _ other: Backbone, _ problem: String) {
    let network = withoutInitialization { own.makeNetwork() }
    withoutGradients { network.namedState.forEach { $0.tensor.fillInPlace(2) } }
    let before = network.stateDictionary
    let error = #expect(throws: TrainingError.self) { try load(TorchvisionFile(other).state, into: network) }
    #expect(
      error?.description == "w.pth does not fit the backbone: \(problem); take weights of the very same architecture "
        + "(a whole network's are for --init)")
    for (name, tensor) in network.namedState { #expect(tensor.equals(before[name]!), "\(name)") }
  }

  /// Draws no random numbers, which runs of other suites draw meanwhile.
  private func backboneNetwork(of architecture: Architecture) throws -> any BackboneNetwork {
    try #require(try withoutInitialization { try architecture.makeModel() }.backboneNetwork)
  }

  private func load(_ state: StateDictionary, into network: any BackboneNetwork) throws -> PretrainedReport {
    try network.loadPretrained(state, names: network.pretrainedNames, file: "w.pth", module: "the backbone")
  }
}
