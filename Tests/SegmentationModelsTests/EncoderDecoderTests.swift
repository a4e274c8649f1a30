import Foundation
import SegmentationModels
import TestSupport
import Testing
import Torch

/// All encoders with all decoders; their numbers are compared in `ParityTests`, for some of them.
@Suite struct EncoderDecoderTests {
  /// Parameters by network, `nil` where segmentation_models.pytorch refuses it.
  private func parameterCounts() throws -> [(decoder: String, encoder: String, count: Int?)] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/smp-parameters.txt")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst().map { line in
      let fields = line.split(separator: " ")
      let parts = fields[0].split(separator: "-", maxSplits: 1).map(String.init)
      return (parts[0], parts[1], Int(fields[1]))
    }
  }

  @Test func `pairs have their parameters or are refused`() throws {
    let counts = try parameterCounts()
    #expect(counts.count == DecoderKind.allCases.count * EncoderKind.allCases.count)
    #expect(Architecture.encoderDecoder.count == counts.count { $0.count != nil })
    for (decoder, encoder, count) in counts {
      guard let count else {
        #expect(throws: ArchitectureError.self, "\(decoder) \(encoder)") {
          try Architecture(decoder: decoder, encoder: encoder)
        }
        continue
      }
      let architecture = try Architecture(decoder: decoder, encoder: encoder)
      let model = try withDefaultDevice(.meta) { try architecture.makeModel() }
      #expect(model.parameterCount == count, "\(architecture.name)")
    }
  }

  /// `sum(p.numel() for p in smp.Unet("mit_b0", encoder_weights=None, classes=5, encoder_depth=4, in_channels=4,
  /// decoder_channels=(256, 128, 64, 32)).parameters())`; FPN and PSPNet with `upsampling` that gives the image's size.
  @Test(arguments: [
    ("smp-deeplabv3-resnet18-depth3", 3, 13_049_157),
    ("smp-deeplabv3p-resnet18-depth3", 3, 11_828_437),
    ("smp-fpn-resnet18-depth3", 3, 12_868_293),
    ("smp-linknet-resnet18-depth3", 3, 11_211_621),
    ("smp-manet-resnet18-depth3", 3, 13_548_309),
    ("smp-pan-resnet18-depth3", 3, 11_212_396),
    ("smp-pspnet-resnet18", 3, 11_348_261),
    ("smp-unet-resnet18-depth3", 3, 12_840_069),
    ("smp-unetpp-resnet18-depth3", 3, 13_024_645),
    ("smp-deeplabv3-resnet18-depth4", 1, 13_993_157),
    ("smp-deeplabv3-resnet18-depth4", 4, 14_002_565),
    ("smp-deeplabv3p-resnet18-depth4", 1, 11_989_461),
    ("smp-deeplabv3p-resnet18-depth4", 4, 11_998_869),
    ("smp-fpn-resnet18-depth4", 1, 12_926_789),
    ("smp-fpn-resnet18-depth4", 4, 12_936_197),
    ("smp-linknet-resnet18-depth4", 1, 11_296_037),
    ("smp-linknet-resnet18-depth4", 4, 11_305_445),
    ("smp-manet-resnet18-depth4", 1, 15_392_389),
    ("smp-manet-resnet18-depth4", 4, 15_401_797),
    ("smp-pan-resnet18-depth4", 1, 11_258_668),
    ("smp-pan-resnet18-depth4", 4, 11_268_076),
    ("smp-pspnet-resnet18-depth4", 1, 11_522_437),
    ("smp-pspnet-resnet18-depth4", 4, 11_531_845),
    ("smp-unet-resnet18-depth4", 1, 13_339_365),
    ("smp-unet-resnet18-depth4", 4, 13_348_773),
    ("smp-unetpp-resnet18-depth4", 1, 13_893_093),
    ("smp-unetpp-resnet18-depth4", 4, 13_902_501),
    ("smp-deeplabv3p-mobilenet_v2-depth4", 1, 2_831_477),
    ("smp-fpn-mobilenet_v2-depth4", 1, 3_891_781),
    ("smp-manet-mobilenet_v2-depth4", 1, 4_261_293),
    ("smp-pspnet-mobilenet_v2-depth4", 1, 2_355_053),
    ("smp-unet-mobilenet_v2-depth4", 1, 3_728_869),
    ("smp-fpn-densenet121-depth4", 1, 9_048_197),
    ("smp-manet-densenet121-depth4", 1, 40_644_877),
    ("smp-pspnet-densenet121-depth4", 1, 9_070_597),
    ("smp-unet-densenet121-depth4", 1, 11_992_101),
    ("smp-fpn-vgg11-depth4", 1, 11_205_253),
    ("smp-manet-vgg11-depth4", 1, 21_438_485),
    ("smp-pspnet-vgg11-depth4", 1, 10_030_725),
    ("smp-unet-vgg11-depth4", 1, 17_841_701),
    ("smp-deeplabv3p-mit_b0-depth4", 1, 4_008_469),
    ("smp-manet-mit_b0-depth4", 1, 5_886_673),
    ("smp-pspnet-mit_b0-depth4", 1, 3_530_045),
    ("smp-unet-mit_b0-depth4", 1, 5_043_013),
    ("smp-fpn-xception-depth4", 1, 22_732_909),
    ("smp-manet-xception-depth4", 1, 38_554_341),
    ("smp-pspnet-xception-depth4", 1, 22_107_175),
    ("smp-unet-xception-depth4", 1, 24_431_629),
    ("smp-segformer-resnet18-depth3", 3, 11_441_221),
    ("smp-segformer-resnet18-depth4", 1, 11_566_277),
    ("smp-segformer-resnet18-depth4", 4, 11_575_685),
    ("smp-segformer-mit_b0-depth4", 1, 3_580_965),
    ("smp-segformer-densenet121-depth4", 1, 7_687_685),
    ("smp-segformer-vgg11-depth4", 1, 9_844_741),
    ("smp-upernet-resnet18-depth3", 3, 15_753_413),
    ("smp-upernet-resnet18-depth4", 1, 17_387_077),
    ("smp-upernet-resnet18-depth4", 4, 17_396_485),
    ("smp-upernet-mit_b0-depth4", 1, 9_188_645),
    ("smp-upernet-densenet121-depth4", 1, 15_870_469),
    ("smp-upernet-vgg11-depth4", 1, 16_437_253),
  ]) func `other depths and inputs have their parameters`(_ name: String, _ inputs: Int, _ count: Int) throws {
    let architecture = try Architecture(name: name)
    #expect(architecture.name == name)
    try withDefaultDevice(.meta) {
      let model = try architecture.makeModel(classes: 5, inputChannels: inputs).eval()
      #expect(model.parameterCount == count)
      let size = architecture.sizes.padded(ImageSize(height: 100, width: 200))
      let shape = withoutGradients { model(.zeros([1, inputs, size.height, size.width])).logits.shape }
      #expect(shape == [1, 5, size.height, size.width])
    }
  }

  @Test func `names are read and written`() throws {
    let expected = Architecture.smp(.deeplabv3p, .resNet(.resnet101), depth: 5)
    #expect(try Architecture(name: "smp-deeplabv3p-resnet101") == expected)
    #expect(try Architecture(name: "smp", decoder: "deeplabv3p", encoder: "resnet101") == expected)
    #expect(try Architecture(name: "smp-unet-efficientnet-b0-depth4").name == "smp-unet-efficientnet-b0-depth4")
    #expect(try Architecture(name: "smp-unet-resnet18-depth5").name == "smp-unet-resnet18")
  }

  @Test(arguments: [
    ("smp", "smp: expected smp-DECODER-ENCODER, such as smp-unet-resnet18, or smp with --decoder and --encoder"),
    (
      "smp-unett-resnet18",
      "unknown decoder 'unett': expected one of deeplabv3, deeplabv3p, fpn, linknet, manet, pan, pspnet, "
        + "segformer, unet, unetpp, upernet"
    ),
    (
      "smp-unet-resnet19",
      "unknown encoder 'resnet19': did you mean 'resnet18'? `rtseg models --family encoder-decoder` lists them"
    ),
    ("smp-unet-resnet18-depth6", "an encoder's depth: expected 3, 4 or 5, found 6"),
  ]) func `unknown names are refused`(_ name: String, _ message: String) {
    let error = #expect(throws: ArchitectureError.self) { try Architecture(name: name) }
    #expect(error?.description == message)
  }

  @Test func refusalsSayWhatWorks() {
    let error = #expect(throws: ArchitectureError.self) { try Architecture(name: "smp-deeplabv3-vgg16_bn") }
    let message = error?.description ?? ""
    #expect(
      message.hasPrefix(
        "deeplabv3 needs an encoder with dilation, and vgg16_bn has none: it shrinks its maps by pooling, which cannot "
          + "be dilated; encoders that work with deeplabv3: resnet18, resnet34, "))
    #expect(!message.contains("densenet"))
    #expect(throws: ArchitectureError.self) { try Architecture(name: "smp-linknet-mit_b0") }
    #expect(throws: ArchitectureError.parts("a decoder and an encoder belong to smp alone, not to fssnet")) {
      try Architecture(name: "fssnet", decoder: "unet", encoder: nil)
    }
    #expect(throws: ArchitectureError.inputChannels(name: "fssnet", asked: 16)) {
      try Architecture.fssnet.makeModel(inputChannels: 16)
    }
  }

  /// Odd sizes; PAN pads small images further than others.
  @Test(arguments: DecoderKind.allCases) func takesAnySize(_ decoder: DecoderKind) throws {
    let model = try Architecture.smp(decoder, .mobileNetV2, depth: decoder.defaultDepth).makeModel(classes: 3).eval()
    let scores = withoutGradients { model.logits(Formula.input([1, 3, 65, 99])) }
    #expect(scores.shape == [1, 3, 65, 99])
    #expect(scores.isFinite().all().item == 1)
  }

  /// Four steps lower the loss, with stochastic depth and dropout in force.
  @Test(arguments: [
    "smp-unet-mit_b0", "smp-unet-efficientnet-b0", "smp-fpn-timm-efficientnet-b0", "smp-pan-mobileone_s0",
    "smp-segformer-mit_b0", "smp-upernet-timm-mobilenetv3_small_100", "smp-unet-timm-resnest14d", "smp-fpn-dpn68",
  ])
  func `the loss falls in training`(_ name: String) throws {
    Libtorch.seed(1)
    let model = try Architecture(name: name).makeModel(classes: 3).train()
    let images = Formula.input([2, 3, 128, 128])
    let labels = Tensor.zeros([2, 128, 128], dtype: .int64)
    let optimizer = Adam([ParameterGroup(model.parameters, learningRate: 1e-4)])
    var losses: [Double] = []
    for _ in 0..<4 {
      model.clearGradients()
      let loss = crossEntropy(model(images).logits, labels)
      loss.backward()
      optimizer.step()
      losses.append(loss.item)
    }
    #expect(losses[3] < losses[0])
  }

  /// In training, blocks are left out of some images and not of others.
  @Test func stochasticDepthIsDrawnForEachImage() throws {
    let encoder = EfficientNet(.b0)
    let image = Formula.input([1, 3, 32, 32]).expand([32, 3, 32, 32])
    encoder.eval()
    let calm = withoutGradients { encoder.features(of: image, depth: 5)[5] }
    func differing(_ maps: Tensor) -> Int {
      (1..<32).count { !maps.select(0, dimension: 0).equals(maps.select($0, dimension: 0)) }
    }
    #expect(differing(calm) == 0)
    encoder.train()
    encoder.visit { _, module in if module is BatchNorm2d { module.eval() } }
    let dropped = withoutGradients { encoder.features(of: image, depth: 5)[5] }
    #expect(differing(dropped) > 0)
  }
}
