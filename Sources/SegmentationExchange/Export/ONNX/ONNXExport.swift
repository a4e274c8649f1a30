import Foundation
import ONNX
import SegmentationImage
import SegmentationInference
import SegmentationModels
import SwiftProtobuf
import Torch

/// A network as an ONNX file.
struct ONNXExport {
  let network: ExportedNetwork
  let options: ExportOptions
  /// The images from which int8 learns its scales.
  let calibration: Calibration?
  /// The largest file that the format holds.
  static let sizeLimit = Int(Int32.max)
  static let inputName = "image"

  /// The bytes of the file, and a report of what is computed in int8.
  /// - Throws: `ExchangeError` for an operator that ONNX cannot express and for a file that would be too large;
  ///   `EngineError`, `GraphError`, `TorchError`, as capturing and calibrating throw them.
  func encoded() throws -> (file: Data, description: ExportDescription, quantization: QuantizationReport?) {
    var quantized: QuantizedGraph?
    if options.precision == .int8 {
      guard let calibration else { throw EngineError.calibration("it needs images to calibrate on") }
      quantized = try QuantizedGraph(
        network.model, size: options.size, normalization: network.normalization, calibration: calibration)
    }
    let graph = try SymbolicGraph(network, options, base: quantized?.graph)
    var writer = ONNXGraphWriter(graph, title: network.name, assignment: quantized?.assignment, opset: options.opset)
    let output = try write(&writer)
    let description = ExportDescription(network, options, agreement: quantized?.report.agreement)
    let model = try model(writer, output: output, description)
    let size = writer.builder.initializers.reduce(0) { $0 + $1.rawData.count }
    guard size < Self.sizeLimit - (64 << 20) else {
      throw ExchangeError(
        "\(network.name) does not fit into an ONNX file: its weights take \(size) bytes, and 2 GiB are the limit")
    }
    let file: Data = try model.serializedBytes()
    try ONNXStructure(reading: file).check()
    return (file, description, quantized?.report)
  }

  // MARK: - Ends

  /// Writes everything from the image to the result, and returns the description of the result.
  private func write(_ writer: inout ONNXGraphWriter) throws(ExchangeError) -> ONNXValueInfo {
    _ = writer.builder.uniqueName(Self.inputName)
    _ = writer.builder.uniqueName(options.output.rawValue)
    let padded = network.model.sizes.padded(options.size)
    let needsBorder = padded != options.size && !options.hasDynamicSize
    if padded != options.size, options.hasDynamicSize {
      throw ExchangeError(
        "\(network.name) takes images of \(network.model.sizes): give such a size, or leave --dynamic out and the file pads"
      )
    }
    var image = Self.inputName
    if options.input == .uint8 {
      image = writer.builder.emit("Cast", [image], [.int("to", ONNXTensor.ElementType.float.rawValue)])
      image = writer.builder.emit("Transpose", [image], [.ints("perm", [0, 3, 1, 2])])
    }
    if options.containsNormalization {
      image = writer.builder.emit("Mul", [image, writer.perChannel(network.normalization.scale, rank: 4)])
      image = writer.builder.emit("Add", [image, writer.perChannel(network.normalization.shift, rank: 4)])
    }
    if needsBorder {
      let more = [0, 0, padded.height - options.size.height, padded.width - options.size.width]
      image = writer.builder.emit("Pad", [image, writer.builder.ints([0, 0, 0, 0] + more), writer.builder.float(0)])
    }
    var scores = try writer.write(input: image)
    if needsBorder {
      scores = writer.builder.emit(
        "Slice",
        [
          scores, writer.builder.ints([0, 0]), writer.builder.ints([options.size.height, options.size.width]),
          writer.builder.ints([2, 3]),
        ])
    }
    return writeResult(&writer, scores)
  }

  private func writeResult(_ writer: inout ONNXGraphWriter, _ scores: String) -> ONNXValueInfo {
    let name = options.output.rawValue
    let classes = writer.graph[writer.graph.outputs[0]].shape[1]
    switch options.output {
    case .logits:
      writer.builder.emit("Identity", [scores], as: name)
      return info(name, .float, [batch, .length(classes)] + sides)
    case .probabilities:
      writer.builder.emit("Softmax", [scores], [.int("axis", 1)], as: name)
      return info(name, .float, [batch, .length(classes)] + sides)
    case .classes:
      let best = writer.builder.emit("ArgMax", [scores], [.int("axis", 1), .int("keepdims", 0)])
      let type = classes <= 256 ? ONNXTensor.ElementType.uint8 : .int32
      writer.builder.emit("Cast", [best], [.int("to", type.rawValue)], as: name)
      return info(name, type, [batch] + sides)
    }
  }

  // MARK: - The file

  /// A length that is known, or the name of one that is not.
  private enum Side {
    case length(Int)
    case name(String)
  }

  private var batch: Side { options.hasDynamicBatch ? .name("batch") : .length(options.batch) }

  private var sides: [Side] {
    options.hasDynamicSize
      ? [.name("height"), .name("width")] : [.length(options.size.height), .length(options.size.width)]
  }

  private func info(_ name: String, _ type: ONNXTensor.ElementType, _ shape: [Side]) -> ONNXValueInfo {
    .with {
      $0.name = name
      $0.type.tensorType.elemType = Int32(type.rawValue)
      $0.type.tensorType.shape.dim = shape.map { side in
        .with {
          switch side {
          case .length(let length): $0.dimValue = Int64(length)
          case .name(let name): $0.dimParam = name
          }
        }
      }
    }
  }

  private func model(
    _ writer: ONNXGraphWriter, output: ONNXValueInfo, _ description: ExportDescription
  ) throws -> ONNXModel {
    let entries = try description.entries()
    let input =
      options.input == .uint8
      ? info(Self.inputName, .uint8, [batch] + sides + [.length(3)])
      : info(Self.inputName, .float, [batch, .length(network.model.imageChannels)] + sides)
    return .with { model in
      model.irVersion = Self.formatVersion(opset: options.opset)
      model.producerName = "rtseg"
      model.producerVersion = rtsegVersion
      model.opsetImport = [.with { $0.version = Int64(options.opset) }]
      model.metadataProps = entries.map { entry in
        .with {
          $0.key = entry.key
          $0.value = entry.value
        }
      }
      model.graph = .with {
        $0.name = network.name
        $0.node = writer.builder.nodes
        $0.initializer = writer.builder.initializers
        $0.input = [input]
        $0.output = [output]
      }
    }
  }

  /// The version of the file format that belongs to a version of the operators: tools that know the one know the other.
  private static func formatVersion(opset: Int) -> Int64 {
    switch opset {
    case ..<19: 8
    case 19, 20: 9
    default: 10
    }
  }
}
