import Foundation
import ONNX
import SegmentationExchange
import SegmentationImage
import SegmentationInference
import SegmentationModels
import TestSupport
import Testing
import Torch

/// The content of exported ONNX files.
struct ONNXExportTests {
  private func network(_ name: String) throws -> ExportedNetwork {
    let classes = (0..<19).map { ClassInfo("class \($0)", RGB(UInt8($0), 0, 255)) }
    return ExportedNetwork(try Architecture(name: name).makeFormulaModel(), classes: classes, checkpoint: "abc")
  }

  private func export(
    _ name: String, size: ImageSize = ImageSize(height: 64, width: 96),
    _ change: (inout ExportOptions) -> Void = { _ in }
  ) throws -> ONNXModel {
    var options = ExportOptions(size: size)
    change(&options)
    let file = try NetworkExporter(network(name), options).export(as: .onnx).file
    return try ONNXModel(serializedBytes: file)
  }

  private func sides(_ info: ONNXValueInfo) -> [String] {
    info.type.tensorType.shape.dim.map { $0.dimParam.isEmpty ? "\($0.dimValue)" : $0.dimParam }
  }

  @Test func `a file names its input, its result and the version of its operators`() throws {
    let model = try export("fastscnn")
    #expect(model.irVersion == 8 && model.opsetImport.map(\.version) == [17])
    #expect(model.producerName == "rtseg" && model.producerVersion == rtsegVersion)
    #expect(model.graph.name == "fastscnn")
    #expect(model.graph.input.map(\.name) == ["image"] && sides(model.graph.input[0]) == ["1", "3", "64", "96"])
    #expect(model.graph.output.map(\.name) == ["logits"] && sides(model.graph.output[0]) == ["1", "19", "64", "96"])
    #expect(model.graph.input[0].type.tensorType.elemType == 1)
  }

  @Test(arguments: [(17, 8), (18, 8), (19, 9), (20, 9), (21, 10), (22, 10)])
  func `the version of the format follows that of the operators`(opset: Int, version: Int) throws {
    let model = try export("fssnet") { $0.opset = opset }
    #expect(model.irVersion == Int64(version))
  }

  @Test func `networks for other channels are written for normalized images`() throws {
    let normalization = Normalization(
      mean: [1, 2, 3, 4, 5], std: [1, 1, 1, 1, 1], type: .float32)
    let network = ExportedNetwork(
      try Architecture(name: "fastscnn").makeModel(classes: 3, inputChannels: 5), normalization: normalization)
    var options = ExportOptions(size: ImageSize(height: 64, width: 96))
    let written = try NetworkExporter(network, options).export(as: .onnx)
    #expect(sides(try ONNXModel(serializedBytes: written.file).graph.input[0]) == ["1", "5", "64", "96"])
    #expect(written.description.channels == 5 && written.description.pixelType == "float32")
    options.normalizes = true
    #expect(throws: ExchangeError.self) { try NetworkExporter(network, options).export(as: .onnx) }
  }

  @Test func `lengths that depend on the image have names`() throws {
    let model = try export("fastscnn") { options in
      (options.hasDynamicSize, options.hasDynamicBatch) = (true, true)
      (options.input, options.output) = (.uint8, .classes)
    }
    #expect(sides(model.graph.input[0]) == ["batch", "height", "width", "3"])
    #expect(model.graph.input[0].type.tensorType.elemType == 2)
    #expect(
      model.graph.output.map(\.name) == ["classes"] && sides(model.graph.output[0]) == ["batch", "height", "width"])
    #expect(model.graph.output[0].type.tensorType.elemType == 2)
  }

  @Test func `the metadata say what a program needs to use the file`() throws {
    let model = try export("fastscnn") { $0.normalizes = true }
    let entries = Dictionary(uniqueKeysWithValues: model.metadataProps.map { ($0.key, $0.value) })
    #expect(entries["network"] == "fastscnn" && entries["checkpoint"] == "abc" && entries["precision"] == "float32")
    #expect(entries["mean"] == "[0.485,0.456,0.406]" && entries["size"] == "[64,96]" && entries["normalized"] == "true")
    #expect(entries["producer"] == rtsegVersion && entries["input"] == "float32-nchw" && entries["output"] == "logits")
    struct Class: Decodable, Equatable { let name: String, color: [Int] }
    let classes = try JSONDecoder().decode([Class].self, from: Data((entries["classes"] ?? "").utf8))
    #expect(classes.count == 19 && classes[3] == Class(name: "class 3", color: [3, 0, 255]))
  }

  @Test func `batch normalization is folded, or keeps its vectors under their names`() throws {
    func kinds(_ model: ONNXModel) -> Set<String> { Set(model.graph.node.map(\.opType)) }
    let folded = try export("fastscnn")
    #expect(!kinds(folded).contains("BatchNormalization"))
    let plain = try export("fastscnn") { $0.foldsBatchNorm = false }
    #expect(kinds(plain).contains("BatchNormalization"))
    let state = Set(try network("fastscnn").model.namedState.map(\.name))
    let norm = try #require(plain.graph.node.first { $0.opType == "BatchNormalization" })
    #expect(norm.input.dropFirst().allSatisfy(state.contains), "\(norm.input)")
    #expect(norm.input.last?.hasSuffix("running_var") ?? false)
  }

  @Test func `max unpooling needs no operator that runtimes lack`() throws {
    let kinds = Set(try export("enet").graph.node.map(\.opType))
    #expect(!kinds.contains("MaxUnpool") && !kinds.contains("ScatterElements"))
    #expect(kinds.isSuperset(of: ["SpaceToDepth", "DepthToSpace", "Where"]))
  }

  @Test func `GELU is one operator from opset 20 on`() throws {
    let size = ImageSize(height: 64, width: 64)
    let old = try export("smp-fpn-mit_b0", size: size)
    #expect(!old.graph.node.contains { $0.opType == "Gelu" })
    let new = try export("smp-fpn-mit_b0", size: size) { $0.opset = 20 }
    #expect(new.graph.node.contains { $0.opType == "Gelu" })
  }

  @Test func `a network that takes multiples alone is padded for one size, and refuses all sizes`() throws {
    let architecture = try #require(Architecture.realTime.first { $0.sizes.multiple >= 16 })
    let size = ImageSize(height: 70, width: 100)
    let model = try export(architecture.name, size: size)
    #expect(sides(model.graph.output[0]) == ["1", "19", "70", "100"])
    #expect(model.graph.node.contains { $0.opType == "Pad" })
    let error = message { _ = try export(architecture.name, size: size) { $0.hasDynamicSize = true } }
    #expect(error?.contains("takes images of multiples of") ?? false, "\(error ?? "")")
  }

  @Test func `options that a format cannot express are refused in a line`() throws {
    let network = try network("fssnet")
    func refusal(_ format: ExportFormat, _ change: (inout ExportOptions) -> Void) -> String {
      var options = ExportOptions(size: ImageSize(height: 64, width: 96))
      change(&options)
      return message { _ = try NetworkExporter(network, options).export(as: format) } ?? ""
    }
    #expect(refusal(.onnx) { $0.opset = 11 }.contains("17 to 22, found 11"))
    #expect(refusal(.torchscript) { $0.precision = .int8 } == "torchscript files are written in float32")
    #expect(refusal(.onnx) { $0.precision = .bfloat16 } == "onnx files are written in float32 or int8")
    #expect(refusal(.onnx) { $0.precision = .int8 }.contains("images to calibrate on"))
    #expect(
      refusal(.onnx) { options in (options.precision, options.batch) = (.int8, 2) }.contains("batches of one image"))
  }

  /// A network that computes something else on squares.
  private final class ShapeDependentNetwork: SegmentationModel {
    override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
      let square = x.spatialSize.height == x.spatialSize.width
      return SegmentationOutput(logits: square ? x.relu() : x.sigmoid())
    }
  }

  @Test func `a network that computes something else at another size is refused with the operator`() throws {
    var options = ExportOptions(size: ImageSize(height: 32, width: 32))
    options.hasDynamicSize = true
    let network = ExportedNetwork(ShapeDependentNetwork())
    let error = message { _ = try NetworkExporter(network, options).export(as: .onnx) }
    #expect(error?.contains("its operator unary computes something else at another size") ?? false, "\(error ?? "")")
  }

  /// A network with an operator that ONNX files do not have.
  private final class UnknownOperatorNetwork: SegmentationModel {
    override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
      SegmentationOutput(logits: callOperator("erfinv", [.tensor(x)])[0])
    }
  }

  @Test func `an operator without a counterpart is named`() throws {
    let options = ExportOptions(size: ImageSize(height: 32, width: 32))
    let network = ExportedNetwork(UnknownOperatorNetwork())
    let error = message { _ = try NetworkExporter(network, options).export(as: .onnx) }
    #expect(error?.contains("the operator erfinv has no counterpart there") ?? false, "\(error ?? "")")
  }
}
