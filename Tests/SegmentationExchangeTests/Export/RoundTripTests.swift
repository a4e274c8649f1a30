import Foundation
import SegmentationExchange
import SegmentationImage
import SegmentationInference
import SegmentationModels
import TestSupport
import Testing
import Torch

/// Exported files that are read back as anybody else's.
struct RoundTripTests {
  /// Networks with convolutions alone, with adaptive pooling, with shuffled channels, and with attention.
  static let networks = [
    "fastscnn", "ppliteseg-stdc1", "litehrnet-18", "smp-fpn-mit_b0", "smp-unet-timm-efficientnet-b0",
  ]

  @Test(arguments: networks) func `an exported network computes the same when it is read back`(_ name: String) throws {
    Libtorch.threads = 1
    let classes = (0..<19).map { ClassInfo("class \($0)", RGB(UInt8($0), 0, 255)) }
    let exported = ExportedNetwork(try Architecture(name: name).makeFormulaModel(), classes: classes, checkpoint: "abc")
    let size = exported.model.sizes.padded(ImageSize(height: 64, width: 96))
    let file = try NetworkExporter(exported, ExportOptions(size: size)).export(as: .onnx).file
    let network = try ONNXNetwork(bytes: [UInt8](file), url: URL(filePath: "net.onnx"), folder: nil)
    #expect(network.fixedSize == size)
    let program = try network.program(threads: 1)
    #expect(program.network == name && program.classes == classes && program.normalization == exported.normalization)

    let image = Formula.input([1, 3, size.height, size.width])
    let options = InferenceOptions(threads: 1, output: .logits)
    let found = try InferenceEngine(
      ProgramFile(program, from: URL(filePath: "net.onnx")), size: size, options: options)(image)
    let expected = try InferenceEngine(exported.model, size: size, options: options)(image)
    #expect(found.shape == expected.shape)
    #expect((found - expected).abs().max().item <= 1e-4 * max(1, expected.abs().max().item))
  }

  @Test(arguments: ["ppmobileseg-t", nil]) func `a file for any size is read back for another size`(
    _ name: String?
  ) throws {
    Libtorch.threads = 1
    let model = try name.map { try Architecture(name: $0).makeFormulaModel() } ?? CubicNetwork()
    var options = ExportOptions(size: ImageSize(height: 128, width: 192))
    options.hasDynamicSize = true
    let file = try NetworkExporter(ExportedNetwork(model), options).export(as: .onnx).file
    let network = try ONNXNetwork(bytes: [UInt8](file), url: URL(filePath: "net.onnx"), folder: nil)
    let size = ImageSize(height: 96, width: 224)
    let program = try network.program(sizes: [size], threads: 1)

    let image = Formula.input([1, 3, size.height, size.width])
    let engine = InferenceOptions(threads: 1, output: .logits)
    let found = try InferenceEngine(
      ProgramFile(program, from: URL(filePath: "net.onnx")), size: size, options: engine)(image)
    let expected = try InferenceEngine(model, size: size, options: engine)(image)
    #expect(found.shape == expected.shape)
    #expect((found - expected).abs().max().item <= 1e-4 * max(1, expected.abs().max().item))
  }
}
