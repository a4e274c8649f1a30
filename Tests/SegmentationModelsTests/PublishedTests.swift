import Foundation
import SegmentationModels
import Testing
import Torch

/// Names under which weights are published.
@Suite struct PublishedTests {
  /// The reference's table has 48 rows, nine of them encoder–decoder networks.
  @Test func `each published checkpoint is of a network of the catalogue`() throws {
    #expect(PublishedCheckpoint.all.count == 48)
    #expect(Set(PublishedCheckpoint.all.map(\.name)).count == 48)
    #expect(Set(PublishedCheckpoint.all.map(\.address)).count == 48)
    #expect(
      PublishedCheckpoint.all.count { $0.name.hasPrefix("smp-") && $0.name.hasSuffix("-resnet18@cityscapes") } == 9)
    for checkpoint in PublishedCheckpoint.all {
      #expect(try PublishedCheckpoint(name: checkpoint.name) == checkpoint)
      #expect(checkpoint.architecture.published != nil)
      let url = try #require(URL(string: checkpoint.address))
      #expect(url.scheme == "https" && url.host == "github.com" && url.pathExtension == "pth")
    }
  }

  @Test(arguments: [
    ("fastscnn", "v1.0/fastscnn.pth"), ("bisenetv2", "v1.0/bisenetv2-aux.pth"), ("ddrnet", "v1.0/ddrnet-23-slim.pth"),
    ("bisenetv1", "v1.0/bisenetv1.pth"), ("stdc-stdc2", "v1.2/stdc2.pth"), ("litehrnet", "v1.2/lite_hrnet.pth"),
    ("linknet", "v1.1/linknet.pth"), ("smp-linknet-resnet18", "v1.2/linknet.pth"), ("canet", "v1.1/canet.pth"),
    ("ppliteseg-stdc2", "v1.0/ppliteseg_stdc2.pth"), ("dfanet", "v1.0/dfanet-a.pth"),
  ]) func `a network's name leads to its file`(_ network: String, _ file: String) throws {
    let address = try PublishedCheckpoint(name: "\(network)@cityscapes").address
    #expect(
      address == "https://github.com/zh320/realtime-semantic-segmentation-pytorch/releases/download/\(file)")
  }

  @Test(arguments: [
    ("fastscn@cityscapes", "did you mean 'fastscnn@cityscapes'?"),
    ("fastscnn@camvid", "did you mean 'fastscnn@cityscapes'?"),
    ("bisenetv1-resnet101@cityscapes", "did you mean 'bisenetv1-resnet18@cityscapes'?"),
    ("@", "`rtseg models` lists the networks"), ("a@b@c", "`rtseg models` lists the networks"),
  ]) func `an unknown name gets the nearest one`(_ name: String, _ expected: String) {
    let error = #expect(throws: UnknownWeights.self) { try PublishedCheckpoint(name: name) }
    #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    #expect(error?.description.hasPrefix("there is no file '\(name)'") == true)
  }

  /// Compares `Architecture.pretrainedPart` with the parts of which the networks are built.
  @Test func `published weights are named for every network that they fit into, and for no other`() throws {
    let families = Set(Architecture.realTime.map(\.family)).map { try! Architecture(name: $0) }
    for architecture in families + [.smp(.unet, .mobileNetV2, depth: 5)] {
      let module = try withDefaultDevice(.meta) { try architecture.makeModel().pretrainable }
      #expect((module != nil) == (architecture.pretrainedPart != nil), "\(architecture.name)")
    }
    for architecture in Architecture.realTime {
      guard case .backbone(let backbone)? = architecture.pretrainedPart else { continue }
      let names = try withDefaultDevice(.meta) {
        (own: try #require(try architecture.makeModel().pretrainable).stateShapes, backbone.makeNetwork().stateShapes)
      }
      #expect(names.1.allSatisfy { names.own[$0.key] == $0.value }, "\(architecture.name)")
    }
  }

  /// `{name: list(e["pretrained_settings"]) for name, e in smp.encoders.encoders.items()}` of
  /// segmentation_models.pytorch 0.6.0.
  @Test(arguments: [
    ("resnet18", ["imagenet", "ssl", "swsl"]), ("resnet34", ["imagenet"]),
    ("resnext101_32x8d", ["imagenet", "instagram", "ssl", "swsl"]), ("efficientnet-b4", ["imagenet", "advprop"]),
    ("timm-efficientnet-b7", ["imagenet", "advprop", "noisy-student"]),
    ("timm-efficientnet-b8", ["imagenet", "advprop"]), ("mit_b2", ["imagenet"]), ("xception", ["imagenet"]),
    ("timm-skresnet18", ["imagenet"]), ("inceptionv4", ["imagenet", "imagenet-background"]), ("dpn68", ["imagenet"]),
  ]) func `encoders have the weights of segmentation_models_pytorch`(_ name: String, _ weights: [String]) throws {
    let encoder = try #require(EncoderKind(rawValue: name))
    #expect(encoder.publishedWeights.map(\.name.rawValue) == weights)
    #expect(
      encoder.publishedWeights[0].address.hasPrefix("https://huggingface.co/smp-hub/\(name).imagenet/resolve/"))
  }

  @Test func `every backbone and encoder has weights, each at an address of its own`() {
    let parts = Backbone.allCases.map(PretrainedPart.backbone) + EncoderKind.allCases.map(PretrainedPart.encoder)
    let weights = parts.map(\.weights)
    #expect(weights.allSatisfy { !$0.isEmpty })
    let addresses = weights.flatMap { $0.map(\.address) }
    #expect(Set(addresses).count == addresses.count && addresses.allSatisfy { URL(string: $0) != nil })
  }

  @Test func `weights that a network does not have are refused with those that it has`() {
    func problem(_ name: String, _ part: PretrainedPart) -> String? {
      do {
        _ = try part.weights(named: name)
        return nil
      } catch { return "\(error)" }
    }
    #expect(
      problem("ssl", .backbone(.resNet(.resnet50)))
        == "there is no file 'ssl', and resnet50 has no published weights of this name: it has imagenet, imagenet-v2")
    #expect(
      problem("imagnet", .encoder(.mobileNetV2))
        == "there is no file 'imagnet', and mobilenet_v2 has no published weights of this name: did you mean 'imagenet'? "
        + "it has imagenet")
  }
}
