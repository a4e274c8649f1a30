import Foundation
import SegmentationExchange
import SegmentationImage
import SegmentationInference
import SegmentationModels
import TestSupport
import Testing
import Torch

/// Exported networks in the tools that run them: onnx's checker, ONNX Runtime, OpenVINO, PyTorch and safetensors.
@Suite(.serialized, .enabled(if: ExportCases.python != nil, "make setup-exchange installs what runs exported networks"))
struct ExportRunTests {
  init() { Libtorch.threads = 1 }

  /// Networks that have every kind of operator among them.
  static let representatives = [
    "fastscnn", "enet", "dfanet-xceptiona", "litehrnet-18", "espnetv2", "farseenet-resnet18", "canet-mobilenet_v2",
    "lednet", "mininet", "ppliteseg", "cgnet", "shelfnet-resnet18", "smp-fpn-mit_b0",
    "smp-unet-timm-efficientnet-b0", "smp-pan-resnet18", "smp-pspnet-resnet18", "efficientvit-b0",
    "topformer-t", "ppmobileseg-t",
  ].compactMap { try? Architecture(name: $0) }

  private func network(_ name: String) throws -> ExportedNetwork {
    ExportedNetwork(try Architecture(name: name).makeFormulaModel())
  }

  private func expectEqual(_ outcomes: [ExportCases.Outcome], engines: [String], leastAgreement: Double = 0.9995) {
    for outcome in outcomes {
      #expect(outcome.checker.isEmpty, "\(outcome.name): \(outcome.checker)")
      for engine in engines {
        let result = outcome.engines[engine]
        #expect(result?.error == nil, "\(outcome.name), \(engine): \(result?.error ?? "")")
        #expect(result?.difference ?? 1 <= 1e-3, "\(outcome.name), \(engine): \(result?.difference ?? 1)")
        #expect(result?.agreement ?? 0 >= leastAgreement, "\(outcome.name), \(engine): \(result?.agreement ?? 0)")
      }
    }
  }

  @Test func `networks of all kinds of operators compute the same for one size and for many`() throws {
    #expect(Self.representatives.count == 19)
    let cases = try ExportCases()
    for architecture in Self.representatives { try addBoth(architecture, to: cases) }
    let outcomes = try cases.run()
    #expect(outcomes.count >= 2 * Self.representatives.count)
    expectEqual(outcomes, engines: ["onnxruntime", "openvino"])
  }

  /// Adds a network once for one size, and once for all sizes with normalization.
  private func addBoth(_ architecture: Architecture, to cases: ExportCases) throws {
    let network = ExportedNetwork(try architecture.makeFormulaModel())
    // Maps of networks that take multiples of 32 have several rows and columns at 1/64, too.
    let unit = architecture.sizes.multiple
    let size = architecture.sizes.padded(ImageSize(height: max(64, 4 * unit), width: max(96, 6 * unit)))
    var options = ExportOptions(size: size)
    let fixed = try NetworkExporter(network, options).export(as: .onnx)
    try cases.add("\(architecture.name) fixed", fixed, network, options, images: [[1, 3, size.height, size.width]])
    options.hasDynamicSize = true
    options.normalizes = true
    let dynamic = try NetworkExporter(network, options).export(as: .onnx)
    let other = [size.height + 3 * unit, size.width + unit]
    try cases.add(
      "\(architecture.name) dynamic", dynamic, network, options,
      images: [[1, 3, size.height, size.width], [1, 3, other[0], other[1]]])
  }

  @Test func `cubic resizing without aliases is written for all sizes`() throws {
    let cases = try ExportCases()
    let network = ExportedNetwork(CubicNetwork())
    for isDynamic in [false, true] {
      var options = ExportOptions(size: ImageSize(height: 24, width: 54))
      options.hasDynamicSize = isDynamic
      let images = [[1, 3, 24, 54]] + (isDynamic ? [[1, 3, 17, 95], [1, 3, 28, 42]] : [])
      let export = try NetworkExporter(network, options).export(as: .onnx)
      try cases.add("cubic \(isDynamic)", export, network, options, images: images)
    }
    expectEqual(try cases.run(), engines: ["onnxruntime", "openvino"])
  }

  @Test(arguments: [18, 19, 20, 21, 22]) func `files of newer operators compute the same`(opset: Int) throws {
    let cases = try ExportCases()
    for name in ["smp-fpn-mit_b0", "fastscnn", "enet"] {
      let network = try network(name)
      let size = network.model.sizes.padded(ImageSize(height: 64, width: 96))
      var options = ExportOptions(size: size)
      options.opset = opset
      let export = try NetworkExporter(network, options).export(as: .onnx)
      try cases.add("\(name) opset \(opset)", export, network, options, images: [[1, 3, size.height, size.width]])
    }
    expectEqual(try cases.run(), engines: ["onnxruntime", "openvino"])
  }

  @Test func `images, results, batches and batch normalization come in all forms`() throws {
    let cases = try ExportCases()
    let network = try network("fastscnn")
    let size = ImageSize(height: 64, width: 96)
    func add(_ name: String, _ images: [[Int]], _ change: (inout ExportOptions) -> Void) throws {
      var options = ExportOptions(size: size)
      change(&options)
      try cases.add(name, NetworkExporter(network, options).export(as: .onnx), network, options, images: images)
    }
    try add("bytes", [[1, 3, 64, 96]]) { $0.input = .uint8 }
    try add("bytes to classes", [[1, 3, 64, 96]]) { ($0.input, $0.output) = (.uint8, .classes) }
    try add("probabilities", [[1, 3, 64, 96]]) { ($0.normalizes, $0.output) = (true, .probabilities) }
    try add("batch of 3", [[3, 3, 64, 96]]) { $0.batch = 3 }
    try add("any batch", [[1, 3, 64, 96], [4, 3, 64, 96]]) { $0.hasDynamicBatch = true }
    try add("anything", [[1, 3, 64, 96], [3, 3, 96, 160]]) { options in
      (options.hasDynamicBatch, options.hasDynamicSize) = (true, true)
      (options.input, options.output) = (.uint8, .probabilities)
    }
    try add("batch normalization", [[1, 3, 64, 96]]) { $0.foldsBatchNorm = false }
    try add("border", [[1, 3, 50, 70]]) { $0.size = ImageSize(height: 50, width: 70) }
    expectEqual(try cases.run(), engines: ["onnxruntime", "openvino"])
  }

  @Test func `int8 finds the classes that the engine finds`() throws {
    let cases = try ExportCases()
    let network = try network("fastscnn")
    var options = ExportOptions(size: ImageSize(height: 64, width: 96))
    options.precision = .int8
    let images = (0..<2).map { index in
      Image(
        height: 64, width: 96,
        pixels: (0..<64 * 96 * 3).map { UInt8(truncatingIfNeeded: ($0 / 7) &* (37 + index) &+ $0 / 96) })
    }
    let calibration = Calibration(images: images, agreement: 0.9)
    let export = try NetworkExporter(network, options, calibration: calibration).export(as: .onnx)
    #expect(export.quantization?.int8Convolutions ?? 0 > 10)
    try cases.add("int8", export, network, options, images: [[1, 3, 64, 96]])
    let outcome = try cases.run()[0]
    #expect(outcome.checker.isEmpty, "\(outcome.checker)")
    let result = outcome.engines["onnxruntime"]
    #expect(result?.agreement ?? 0 > 0.85, "\(String(describing: result))")
    let verified = try ExportVerifier(network, options, images: images).run(
      export, environment: ["RTSEG_PYTHON": ExportCases.python!])
    #expect(verified.comparison.agreement >= 0.9, "\(verified.comparison)")
  }

  @Test(.enabled(if: ExportCases.hasTorch)) func `PyTorch opens TorchScript files without any code`() throws {
    let cases = try ExportCases()
    for name in ["fastscnn", "enet", "smp-fpn-mit_b0", "dfanet-xceptiona"] {
      let network = try network(name)
      let size = network.model.sizes.padded(ImageSize(height: 64, width: 96))
      var options = ExportOptions(size: size)
      options.input = .uint8
      options.hasDynamicSize = true
      let export = try NetworkExporter(network, options).export(as: .torchscript)
      let unit = network.model.sizes.multiple
      try cases.add(
        name, export, network, options,
        images: [[1, 3, size.height, size.width], [1, 3, size.height + 3 * unit, size.width + unit]])
    }
    expectEqual(try cases.run(), engines: ["torch"])
  }

  @Test func `safetensors files have the weights under PyTorch's names`() throws {
    let cases = try ExportCases()
    let network = try network("fssnet")
    let options = ExportOptions(size: ImageSize(height: 64, width: 96))
    let export = try NetworkExporter(network, options).export(as: .safetensors)
    try cases.addWeights("fssnet", export, network)
    let result = try cases.run()[0].engines["safetensors"]
    #expect(result?.error == nil && result?.difference == 0, "\(String(describing: result))")
  }
}
