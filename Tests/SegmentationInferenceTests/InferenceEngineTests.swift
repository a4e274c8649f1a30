import Foundation
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
      "smp-segformer-mit_b0", "smp-segformer-resnet18", "smp-upernet-mobilenet_v2",
      "smp-fpn-timm-mobilenetv3_small_100", "smp-fpn-timm-regnety_002", "smp-deeplabv3p-timm-gernet_s",
      "smp-fpn-timm-res2net50_26w_4s", "smp-deeplabv3p-timm-resnest14d", "smp-fpn-timm-skresnet18", "smp-fpn-dpn68",
      "smp-fpn-inceptionv4", "smp-fpn-inceptionresnetv2", "smp-fpn-timm-tf_efficientnet_lite0",
    ].map { try! Architecture(name: $0) }

  /// Kernels are measured once; a file that says nothing is measured again.
  @Test func measuredKernelsAreKept() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "rtseg-kernels-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "new/kernels.json")
    let model = try Architecture.fastscnn.makeFormulaModel(classes: 7).eval()
    let image = Formula.input([1, 3, 64, 96])
    let expected = withoutGradients { model.logits(image) }
    func check(threads: Int = 1) throws -> Data {
      let options = InferenceOptions(threads: threads, output: .logits, selection: .measured(file: file))
      let engine = try InferenceEngine(model, size: ImageSize(height: 64, width: 96), options: options)
      for _ in 0..<2 {
        #expect(try (engine(image) - expected).abs().max().item <= 1e-4 * expected.abs().max().item)
      }
      return try Data(contentsOf: file)
    }
    let first = try check()
    #expect(try check() == first)
    func keys(_ data: Data) throws -> Set<String> {
      let content = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      return Set(try #require(content["choices"] as? [String: String]).keys)
    }
    let known = try keys(first)
    #expect(!known.isEmpty)
    #expect(try keys(check(threads: 2)).isStrictSuperset(of: known))
    for broken in ["{", String(decoding: first, as: UTF8.self).replacingOccurrences(of: "rtseg", with: "other")] {
      try Data(broken.utf8).write(to: file)
      #expect(try keys(check()) == known)
    }
  }

  /// Odd sizes, so that networks pad; scores within 1e-4 of the largest, and the same classes but for near ties.
  @Test(arguments: networks.tested) func computesWhatTheNetworkDoes(_ architecture: Architecture) throws {
    let model = try architecture.makeFormulaModel(classes: 7).eval()
    let image = Formula.input([1, 3, 75, 101])
    let expected = withoutGradients { model.logits(image) }
    let options = InferenceOptions(threads: 2, output: .logits)
    let scores = try InferenceEngine(model, size: ImageSize(height: 75, width: 101), options: options)(image)
    let largest = expected.abs().max().item
    let difference = (scores - expected).abs()
    #expect(difference.max().item <= 1e-4 * largest)

    // The same in turns on bands of rows, which maps larger than the caches get, and in chains that each thread runs by
    // itself.
    for cacheBytes in [1 << 10, 1 << 17] {
      var turns = options
      turns.cacheBytes = cacheBytes
      let banded = try InferenceEngine(model, size: ImageSize(height: 75, width: 101), options: turns)
      for _ in 0..<2 { #expect(try (banded(image) - scores).abs().max().item <= 1e-6 * largest) }
    }

    // libtorch's operators, as accelerators run them.
    var libtorch = options
    libtorch.usesLibtorch = true
    let plain = try InferenceEngine(model, size: ImageSize(height: 75, width: 101), options: libtorch)
    #expect(try (plain(image) - expected).abs().max().item <= 1e-4 * largest)

    let engine = try InferenceEngine(
      model, size: ImageSize(height: 75, width: 101), options: InferenceOptions(threads: 2))
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

  /// Networks with large maps for their arithmetic have operations that each thread runs by itself.
  @Test(arguments: ["fastscnn", "fddwnet", "mininetv2"], [1, 2]) func operationsOnLargeMapsFormChains(
    _ name: String, threads: Int
  ) throws {
    let model = try Architecture(name: name).makeFormulaModel(classes: 7).eval()
    var options = InferenceOptions(threads: threads)
    options.cacheBytes = 32 << 20
    let engine = try InferenceEngine(model, size: ImageSize(height: 512, width: 1024), options: options)
    _ = try engine(Formula.input([1, 3, 512, 1024]))
    let chained = try engine.profile(runs: 1).filter { $0.chain != nil }
    #expect(chained.count >= 4)
    #expect(chained.allSatisfy { $0.seconds > 0 })
  }

  /// In half the bits, nothing between input and output is left in float32, and scores stay near those.
  @Test(arguments: networks.tested) func libtorchComputesInBfloat16(_ architecture: Architecture) throws {
    let model = try architecture.makeFormulaModel(classes: 7).eval()
    let image = Formula.input([1, 3, 64, 96])
    let expected = withoutGradients { model.logits(image) }
    var options = InferenceOptions(precision: .bfloat16, output: .logits)
    options.usesLibtorch = true
    let scores = try InferenceEngine(model, size: ImageSize(height: 64, width: 96), options: options)(image)
    #expect((scores - expected).abs().mean().item <= 0.05 * expected.abs().max().item)
  }

  /// Images and tensors go the same way, whatever the engine.
  @Test(arguments: [false, true]) func imagesAreNormalized(usesLibtorch: Bool) throws {
    let model = try Architecture.fastscnn.makeFormulaModel(classes: 7).eval()
    let pixels = (0..<70 * 90 * 3).map { UInt8(truncatingIfNeeded: $0 * 37 + $0 / 90) }
    let image = Image(height: 70, width: 90, pixels: pixels)
    var options = InferenceOptions(threads: 2)
    options.usesLibtorch = usesLibtorch
    let engine = try InferenceEngine(model, size: ImageSize(height: 70, width: 90), options: options)
    let tensor = Tensor(pixels.map(Float.init), shape: [1, 70, 90, 3]) / 255
    let mean = Tensor(Normalization.imageNetMean.map(Float.init)),
      std = Tensor(Normalization.imageNetStd.map(Float.init))
    let expected = try engine(((tensor - mean) / std).permute([0, 3, 1, 2]))
    let differences = zip(try engine.classes(of: image).values, expected.elements(UInt8.self)).count { $0 != $1 }
    #expect(differences <= 3)  // ties that rounding decides
  }

  @Test func `precisions that an engine lacks are refused`() throws {
    let model = try Architecture.fastscnn.makeFormulaModel(classes: 7).eval()
    var options = InferenceOptions(precision: .float16)
    #expect(
      throws: EngineError.precision("the CPU's kernels have float32, bfloat16 and int8, not float16")
    ) { try InferenceEngine(model, size: ImageSize(height: 64, width: 96), options: options) }
    (options.precision, options.usesLibtorch) = (.int8, true)
    #expect(throws: EngineError.precision("int8 is for the CPU: choose float32, bfloat16 or float16")) {
      try InferenceEngine(model, size: ImageSize(height: 64, width: 96), options: options)
    }
  }

  /// A GPU replays its recording for one image after the other.
  @Test(.enabled(if: hasGPU), arguments: networks) func gpuComputesWhatTheNetworkDoes(_ architecture: Architecture)
    throws
  {
    let model = try architecture.makeFormulaModel(classes: 7).eval()
    let image = Formula.input([1, 3, 75, 101])
    let images = [image, image.flip([2]), image.flip([3])]
    let expected = withoutGradients { images.map { model.logits($0) } }
    // Convolutions round to 10 bits in float32, too, as PyTorch lets them on GPUs (TF32).
    for (precision, bound) in [(Precision.float32, 0.01), (.float16, 0.05), (.bfloat16, 0.3)] {
      let options = InferenceOptions(device: .cuda(0), precision: precision, output: .logits)
      let engine = try InferenceEngine(model, size: ImageSize(height: 75, width: 101), options: options)
      for (image, expected) in zip(images, expected) {
        let difference = try (engine(image).to(device: .cpu) - expected).abs().max().item / expected.abs().max().item
        #expect(difference <= bound, "\(precision)")
        if ProcessInfo.processInfo.environment["RTSEG_DIFFERENCES"] != nil {
          print("difference|\(architecture.name)|\(precision)|\(difference)")
        }
      }
    }
  }
}
