import Foundation
import SegmentationModels
import TestSupport
import Testing
import Torch

/// Checkpoints that spell a network otherwise than the catalogue: Tests/Fixtures/authors/make_authors.py has run the
/// authors' own code.
@Suite struct AuthorsTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/authors")

  /// A checkpoint with the names and sizes of an author's network, with values by the formula.
  private func checkpoint(_ name: String, prefix: String = "") throws -> PickleValue {
    var state = StateDictionary()
    let text = try String(contentsOf: Self.folder.appending(path: "\(name).txt"), encoding: .utf8)
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      let key = String(fields[0])
      let shape = fields.dropFirst().map { Int($0)! }
      let isCounter = key.hasSuffix("num_batches_tracked")
      let tensor = Tensor.zeros(shape, dtype: isCounter ? .int64 : .float32)
      if !isCounter { Formula.fill(tensor, key: key, as: fill(key, shape)) }
      state[prefix + key] = tensor
    }
    return PickleValue(state)
  }

  private func fill(_ key: String, _ shape: [Int]) -> Formula.Fill {
    if key.hasSuffix("running_var") || key.hasSuffix("_variance") { return .runningVar }
    if key.hasSuffix("running_mean") || key.hasSuffix("_mean") { return .runningMean }
    if key.hasSuffix("bias") { return .bias }
    return shape.count >= 2 ? .fanIn : .one
  }

  private func model(_ name: String) throws -> SegmentationModel {
    try withoutInitialization { try Architecture(name: name).makeModel() }
  }

  @Test(arguments: [
    (
      "ddrnet-23slim", "DDRNet's authors",
      "'spp.scale0.0.weight' is [512], 'conv5.dappm.conv1.1.weight' here is [128]"
    ),
    ("ddrnet-23", "DDRNet's authors", "'spp.scale0.0.weight' is [1024], 'conv5.dappm.conv1.1.weight' here is [256]"),
    ("ddrnet-39", "DDRNet's authors", "'spp.scale0.0.weight' is [1024], 'conv5.dappm.conv1.1.weight' here is [256]"),
    (
      "bisenetv2", "github.com/CoinCheung/BiSeNet",
      "'bga.left2.0.weight' is [128, 128, 3, 3], 'bga_layer.detail_low.0.0.weight' here is [128, 1, 3, 3]"
    ),
    (
      "bisenetv1-resnet18", "github.com/CoinCheung/BiSeNet",
      "'cp.arm16.conv.conv.weight' is [128, 256, 3, 3], 'context_path.arm_16.conv.0.weight' here is [256, 256, 1, 1]"
    ),
    (
      "stdc-stdc1", "STDC's authors",
      "'cp.backbone.features.2.avd_layer.0.weight' is [128, 1, 3, 3], which has no counterpart here"
    ),
    ("stdc-stdc2", "STDC's authors", "which has no counterpart here"),
    (
      "ppliteseg-stdc1", "PaddleSeg",
      "'ppseg_head.arm_list.0.conv_x._conv.weight' is [64, 256, 3, 3], 'decoder.fusion2.conv.weight' here is "
        + "[64, 256, 1, 1]"
    ),
    ("ppliteseg-stdc2", "PaddleSeg", "'decoder.fusion2.conv.weight' here is [96, 256, 1, 1]"),
    (
      "regseg", "RegSeg's authors",
      "'body.stage4.se.conv1.weight' is [8, 48, 1, 1], 'stage_d4.conv2.0.se_block.0.weight' here is [12, 48]"
    ),
    (
      "fastscnn", "github.com/Tramac/Fast-SCNN-pytorch",
      "'global_feature_extractor.bottleneck2.2.block.2.weight' is [96, 576, 1, 1], which has no counterpart here"
    ),
    (
      "erfnet", "ERFNet's authors", "'encoder.initial_block.bn.weight' is [16], 'layer1.conv.1.weight' here is [13]"
    ),
    (
      "enet", "github.com/davidtvs/PyTorch-ENet",
      "'downsample1_0.ext_conv1.0.weight' is [4, 16, 2, 2], 'bottleneck1.conv_pool.right_init_conv.0.0.weight' here is "
        + "[4, 16, 3, 3]"
    ),
  ]) func `networks that are built differently are refused with the difference`(
    _ name: String, _ origin: String, _ difference: String
  ) throws {
    let model = try model(name)
    for prefix in ["", "module."] {
      let content = try checkpoint(name, prefix: prefix)
      let problem = message { _ = try model.weights(in: content, file: "a.pth", network: name) }
      #expect(problem?.hasPrefix("a.pth: this is a checkpoint of ") == true, "\(problem ?? "none")")
      #expect(problem?.contains(origin) == true && problem?.contains(" built differently from \(name) here: ") == true)
      #expect(problem?.contains(difference) == true, "\(problem ?? "none")")
      #expect(problem?.contains("\n") == false)
    }
  }

  @Test(arguments: ["23slim", "23", "39"])
  func `DDRNet of its authors is a network of its own`(_ variant: String) throws {
    let problem = message {
      _ = try model("ddrnet-\(variant)").weights(in: checkpoint("ddrnet-\(variant)"), file: "a.pth", network: "ddrnet")
    }
    #expect(problem?.contains("; the network dualresnet-\(variant) takes it whole; ") == true, "\(problem ?? "none")")
    let own = try model("dualresnet-\(variant)")
    try own.load(own.weights(in: checkpoint("ddrnet-\(variant)", prefix: "model."), file: "a.pth", network: "x").state)
    let weight = own.namedState.first { $0.name == "spp.scale0.0.weight" }!.tensor
    let expected = Tensor.zeros(weight.shape)
    Formula.fill(expected, key: "spp.scale0.0.weight", as: .one)
    #expect(weight.equals(expected))
  }

  /// The numbers are of tensors of the same names and sizes, without counters of batches.
  @Test(arguments: [
    ("ddrnet-23slim", 200), ("ddrnet-23", 200), ("ddrnet-39", 340), ("bisenetv2", 255), ("bisenetv1-resnet18", 100),
    ("stdc-stdc1", 130), ("stdc-stdc2", 250), ("ppliteseg-stdc1", 130), ("ppliteseg-stdc2", 250), ("regseg", 267),
    ("fastscnn", 181),
  ]) func `a training starts from the layers that are alike`(_ name: String, _ count: Int) throws {
    let model = try model(name)
    let weights = try model.weights(in: checkpoint(name), file: "a.pth", network: name, partly: true)
    #expect(weights.origin.contains("a checkpoint of "))
    let mismatch = try model.load(weights.state, strict: false)
    let own = model.namedState.map(\.name).filter { !isBatchCounter($0) }
    let lacking = Set(mismatch.missing + mismatch.misshapen.map(\.name))
    #expect(own.count { !lacking.contains($0) } == count, "\(name)")
  }

  @Test(arguments: ["erfnet", "enet"]) func `nothing is taken of networks without a layer alike`(_ name: String) throws
  {
    let problem = message {
      _ = try model(name).weights(in: checkpoint(name), file: "a.pth", network: name, partly: true)
    }
    #expect(problem?.contains("built differently") == true && problem?.contains("--init") == false)
  }

  private struct Part: Decodable {
    let name: String
    let channels, count: Int
    let values: [Float]
  }

  /// Parts that are the same in the authors' code must compute the same, which shows that the names are not mixed up.
  @Test func `parts compute what the authors' parts compute`() throws {
    let parts = try JSONDecoder().decode(
      [String: [Part]].self, from: Data(contentsOf: Self.folder.appending(path: "parts.json")))
    #expect(parts.count == 10)
    for (network, parts) in parts {
      let model = try model(network).eval()
      let weights = try model.weights(in: checkpoint(network), file: "a.pth", network: network, partly: true)
      try model.load(weights.state, strict: false)
      for part in parts {
        var found: (any Layer)?
        model.visit { name, module in if name == part.name { found = module as? any Layer } }
        let layer = try #require(found, "\(network) \(part.name)")
        let output = withoutGradients { layer(Formula.input([1, part.channels, 32, 32])) }
        let values: [Float] = output.elements()
        #expect(values.count == part.count, "\(network) \(part.name)")
        for (value, expected) in zip(values, part.values) {
          #expect(abs(value - expected) < 1e-4, "\(network) \(part.name)")
        }
      }
    }
  }

  /// segmentation_models.pytorch 0.3.2, of which the reference's checkpoints are: the same network under other names.
  @Test func `earlier names of DeepLabV3 load whole`() throws {
    let name = "smp-deeplabv3-resnet18"
    let model = try model(name)
    withoutGradients { model.namedState.forEach { $0.tensor.fillInPlace(2) } }
    let earlier = model.stateDictionary.renamed { name in
      for (new, old) in [("decoder.aspp", "decoder.0"), ("decoder.conv", "decoder.1"), ("decoder.bn", "decoder.2")]
      where name.hasPrefix("\(new).") {
        return old + name.dropFirst(new.count)
      }
      return name
    }
    // `sum(k.startswith("decoder.0.") for k in smp.DeepLabV3("resnet18", encoder_weights=None).state_dict())`
    #expect(earlier.keys.count { $0.hasPrefix("decoder.0.") } == 36)
    #expect(earlier.keys.contains("decoder.0.project.0.weight") && earlier.keys.contains("decoder.2.running_var"))
    let other = try self.model(name)
    let weights = try other.weights(in: PickleValue(earlier), file: "a.pth", network: name)
    try other.load(weights.state)
    for (_, tensor) in other.namedState { #expect(tensor.equals(.full(tensor.shape, 2, dtype: tensor.dtype))) }
  }

  /// Version 0.3.2 of segmentation_models.pytorch has timm's networks as encoders themselves, not within a property.
  @Test(arguments: [
    ("smp-unet-timm-regnetx_002", "", ""), ("smp-unet-timm-res2net50_26w_4s", "", ""),
    ("smp-unet-timm-resnest14d", "", ""), ("smp-unet-timm-gernet_s", "stages_", "stages."),
  ]) func `earlier names of encoders are known`(_ name: String, _ own: String, _ earlier: String) throws {
    let model = try Architecture(name: name).makeFormulaModel()
    var state = StateDictionary()
    for (key, tensor) in model.namedState {
      var key = key.replacing("encoder.model.", with: "encoder.")
      if !own.isEmpty { key = key.replacing(own, with: earlier) }
      state[key] = tensor
    }
    let found = try self.model(name).weights(in: PickleValue(state), file: "old.pth", network: name)
    #expect(Set(found.state.keys) == Set(model.namedState.map(\.name)))
  }

  /// SCTNet's checkpoints hold heads and a transformer that served training.
  @Test func `parts that only training used are left out`() throws {
    let folder = try TemporaryFolder()
    let model = try Architecture(name: "sctnet-s").makeFormulaModel()
    var state = StateDictionary()
    for (key, tensor) in model.namedState { state[key] = tensor }
    state["auxiliary_head.0.conv_seg.weight"] = .zeros([19, 64, 1, 1])
    state["auxiliary_head.1.backbone.layers.0.0.projection.weight"] = .zeros([64, 3, 7, 7])
    let file = folder.url.appending(path: "sctnet.pth")
    try Checkpoint.write(PickleValue(state), to: file)
    let loaded = try NetworkCheckpoint(contentsOf: file, architecture: .sctnet(.small)).makeModel()
    #expect(loaded.namedState.map(\.name) == model.namedState.map(\.name))
    #expect(zip(loaded.parameters, model.parameters).allSatisfy { $0.equals($1) })
  }
}
