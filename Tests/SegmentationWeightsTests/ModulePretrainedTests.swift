import Files
import Foundation
import SegmentationModels
import SegmentationWeights
import TestSupport
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
    let error = #expect(throws: WeightsError.self) { try load(TorchvisionFile(other).state, into: network) }
    #expect(
      error?.description == "w.pth does not fit the backbone: \(problem); take weights of the very same classification "
        + "network (those of a whole segmentation network are for --init)")
    for (name, tensor) in network.namedState { #expect(tensor.equals(before[name]!), "\(name)") }
  }

  /// As above, for encoders: torchvision's `resnext50_32x4d`, `vgg11`, `vgg16_bn`, `densenet121`, `mobilenet_v2`.
  @Test(arguments: [
    (EncoderKind.resNet(.resnext50), ["fc.weight [1000, 2048]", "fc.bias [1000]"], "5157aafec2a2c5e4"),
    (.vgg(.vgg11), vggClassifier, "ddb4b3f56e9755a6"), (.vgg(.vgg16bn), vggClassifier, "ae5d7d87f5e61a76"),
    (.denseNet(.densenet121), ["classifier.weight [1000, 1024]", "classifier.bias [1000]"], "08ed4bd1085586388"),
    (.mobileNetV2, ["classifier.1.weight [1000, 1280]", "classifier.1.bias [1000]"], "a18c560d82f6d01d"),
  ]) func namesOfEncodersAreTorchvisions(_ kind: EncoderKind, _ classifier: [String], _ hash: String) throws {
    let encoder = withDefaultDevice(.meta) { kind.makeEncoder() }
    let lines = encoder.namedState.map { "\($0.name) \($0.tensor.shape)" } + classifier
    let found = Data(lines.joined(separator: "\n").utf8).withUnsafeBytes(ContentHash.hex(of:))
    #expect(found.hasPrefix(hash))
    for line in lines {
      let key = String(line.prefix { $0 != " " })
      #expect(encoder.pretrainedNames.name(key) == (classifier.contains(line) ? nil : key))
    }
  }

  private static let vggClassifier = [
    "classifier.0.weight [4096, 25088]", "classifier.0.bias [4096]", "classifier.3.weight [4096, 4096]",
    "classifier.3.bias [4096]", "classifier.6.weight [1000, 4096]", "classifier.6.bias [1000]",
  ]

  /// Published files of DenseNets spell their layers differently from the networks.
  @Test func namesOfDenseLayers() {
    let names = withDefaultDevice(.meta) { DenseNet(.densenet121) }.pretrainedNames
    #expect(
      names.name("features.denseblock1.denselayer2.norm.1.running_mean")
        == "features.denseblock1.denselayer2.norm1.running_mean")
    #expect(
      names.name("features.denseblock4.denselayer16.conv.2.weight") == "features.denseblock4.denselayer16.conv2.weight")
  }

  /// As segmentation_models.pytorch: `weight.sum(1, keepdim=True)` for one channel, else
  /// `new[:, i] = weight[:, i % 3] * 3 / channels`.
  @Test(arguments: [1, 2, 5]) func firstConvolutionIsAdaptedToTheInput(_ channels: Int) throws {
    let file = TorchvisionFile(.resNet(.resnet18)).state
    let network = try withoutInitialization {
      try #require(try Architecture(name: "smp-unet-resnet18").makeModel(inputChannels: channels).pretrainable)
    }
    let report = try network.loadPretrained(file, names: network.pretrainedNames, file: "w.pth", module: "the encoder")
    #expect(report.missing.isEmpty && report.loaded == report.total)
    #expect(report.adapted == ["conv1.weight"])
    #expect(
      report.lines(file: "w.pth", module: "the encoder").contains(
        "  adapted      conv1.weight: RGB weights, summed for one channel, else repeated and multiplied by 3 / channels"
      ))
    let own: [Float] = network.stateDictionary["conv1.weight"]!.select(7, dimension: 0).elements()
    let color: [Float] = file["conv1.weight"]!.select(7, dimension: 0).elements()
    for channel in 0..<channels {
      for pixel in 0..<49 {
        let expected =
          channels == 1
          ? color[pixel] + color[49 + pixel] + color[98 + pixel]
          : color[channel % 3 * 49 + pixel] * 3 / Float(channels)
        #expect(abs(own[channel * 49 + pixel] - expected) < 1e-6)
      }
    }
  }

  /// Draws no random numbers, which runs of other suites draw meanwhile.
  private func backboneNetwork(of architecture: Architecture) throws -> any BackboneNetwork {
    try #require(try withoutInitialization { try architecture.makeModel() }.pretrainable as? any BackboneNetwork)
  }

  private func load(_ state: StateDictionary, into network: any BackboneNetwork) throws -> PretrainedReport {
    try network.loadPretrained(state, names: network.pretrainedNames, file: "w.pth", module: "the backbone")
  }
}
