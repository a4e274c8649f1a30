import Files
import Foundation
import SegmentationImage
import SegmentationInference
import Torch

/// Writes a network in the format of another tool.
///
/// ```swift
/// let checkpoint = try NetworkCheckpoint(contentsOf: URL(filePath: "best.pth"))
/// let options = ExportOptions(size: ImageSize(height: 512, width: 1024))
/// let exporter = NetworkExporter(try ExportedNetwork(checkpoint), options)
/// try exporter.export(as: .onnx).write(to: URL(filePath: "street.onnx"))
/// ```
public struct NetworkExporter {
  /// The network.
  public let network: ExportedNetwork
  /// The way in which it is written.
  public let options: ExportOptions
  /// The images from which int8 learns its scales.
  public let calibration: Calibration?

  /// - Parameter calibration: The images from which int8 learns its scales. Only int8 needs it.
  public init(_ network: ExportedNetwork, _ options: ExportOptions, calibration: Calibration? = nil) {
    self.network = network
    self.options = options
    self.calibration = calibration
  }

  /// The network as a file in memory.
  /// - Throws: `ExchangeError` if the format cannot express the network or an option; `EngineError` for a calibration that
  ///   will not do, `GraphError` if the network cannot be captured, `TorchError` if libtorch fails.
  public func export(as format: ExportFormat) throws -> NetworkExport {
    try check(format)
    switch format {
    case .onnx:
      let (file, description, quantization) = try ONNXExport(
        network: network, options: options, calibration: calibration
      ).encoded()
      return NetworkExport(format: format, file: file, description: description, quantization: quantization)
    case .torchscript:
      let description = ExportDescription(network, options, agreement: nil)
      let file = try TorchScriptExport(network: network, options: options, description: description).encoded()
      return NetworkExport(format: format, file: file, description: description, quantization: nil)
    case .safetensors:
      let description = ExportDescription(network, options, agreement: nil)
      let file = try SafetensorsExport(network: network, description: description).encoded()
      return NetworkExport(format: format, file: file, description: description, quantization: nil)
    }
  }

  private func check(_ format: ExportFormat) throws(ExchangeError) {
    guard ExportOptions.opsets.contains(options.opset) else {
      throw ExchangeError(
        "ONNX's operators are written in the versions \(ExportOptions.opsets.lowerBound) to "
          + "\(ExportOptions.opsets.upperBound), found \(options.opset)")
    }
    guard network.normalization.isRGB || !options.containsNormalization else {
      throw ExchangeError(
        "files normalize 8-bit RGB alone, and \(network.name) takes \(network.normalization.channels) channels of type "
          + "\(network.normalization.type): write it for float32-nchw images that are normalized already")
    }
    guard options.precision == .float32 || options.precision == .int8 && format == .onnx else {
      throw ExchangeError("\(format.rawValue) files are written in float32\(format == .onnx ? " or int8" : "")")
    }
    guard options.precision == .float32 || options.batch == 1 && !options.hasDynamicBatch && options.foldsBatchNorm
    else {
      throw ExchangeError("int8 is for batches of one image, with batch normalization folded into the convolutions")
    }
  }
}

/// A network in the format of another tool, in memory.
public struct NetworkExport: Sendable {
  /// The format.
  public let format: ExportFormat
  /// The bytes of the file.
  public let file: Data
  /// The facts that a program needs to use the file.
  public let description: ExportDescription
  /// A report of what is computed in int8; `nil` for other precisions.
  public let quantization: QuantizationReport?

  /// The file with the description, which lies beside the network's: its name with `.json` behind.
  public static func descriptionFile(of file: URL) -> URL { file.appendingPathExtension("json") }

  /// Writes the file, and the description beside it. What stood there stays if that fails.
  /// - Throws: `FileError`.
  public func write(to url: URL) throws {
    let description = try description.json() + Data("\n".utf8)
    try AtomicFile.write(to: url) { output in
      try output.write(file)
      // The description is there before the network gets its name, so that no network is without one.
      try AtomicFile.write(description, to: Self.descriptionFile(of: url))
    }
  }
}
