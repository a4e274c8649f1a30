import Basics
import Files
import Foundation
import ONNX
import SegmentationImage
import SegmentationInference
import SegmentationModels
import SwiftProtobuf
import Torch

/// A segmentation network in an ONNX file, which any tool may have written.
///
/// The file is read once; ``graph(for:)`` then gives the network for images of a size.
///
/// ```swift
/// let network = try ONNXNetwork(contentsOf: URL(filePath: "street.onnx"))
/// let program = try network.program(sizes: [ImageSize(height: 512, width: 1024)])
/// let predictor = try Predictor(ProgramFile(program, from: network.url))
/// ```
public final class ONNXNetwork: GraphSource {
  /// The file.
  public let url: URL
  /// The classes and the normalization of images that the file, or the card beside it, tells.
  public let card: ImportedCard
  /// The tool that wrote the file, with its version; empty if the file does not tell it.
  public let producer: String
  /// The version of ONNX's operators.
  public let operatorVersion: Int
  /// The names of the outputs, in the order of the file.
  public let outputNames: [String]
  /// The number of nodes, without those of functions.
  public let nodeCount: Int
  /// The SHA-256 of the file's bytes in hexadecimal digits.
  public let hash: String
  /// The file's input for images.
  let input: ImportedInput
  private let graph: ONNXGraph
  private let functions: FunctionTable
  private let reader: TensorReader
  private let wanted: String?

  /// The operator of each node.
  var nodeTypes: [String] { graph.node.map(\.opType) }

  /// Reads a file.
  /// - Parameter output: The name of the output with the scores or the classes; the first that is a map if it is `nil`.
  /// - Throws: `ExchangeError` for a file that is no ONNX file, is damaged or does not take an image, `FileError` if it
  ///   cannot be read.
  public convenience init(contentsOf file: URL, output: String? = nil) throws {
    let path = file.path
    let opened = try InputFile(file)
    guard opened.size <= ImportLimits.fileBytes else {
      throw ExchangeError(
        "\(path.printable()): it has \(opened.size) bytes, expected at most \(ImportLimits.fileBytes)")
    }
    let bytes = try opened.read(at: 0, count: opened.size)
    try self.init(bytes: bytes, url: file, folder: file.deletingLastPathComponent().path, output: output)
  }

  /// Reads the bytes of a file.
  /// - Parameter folder: The folder in which external data may lie; `nil` for none.
  package init(bytes: [UInt8], url: URL, folder: String?, output: String? = nil) throws {
    let name = url.relativePath.printable()
    do {
      let model = try Self.decode(bytes)
      operatorVersion = try OperatorVersion(model.opsetImport).number
      functions = try FunctionTable(model.functions)
      graph = model.graph
      producer = [model.producerName, model.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
      reader = TensorReader(folder: folder)
      input = try ImportedInput(model.graph)
      outputNames = model.graph.output.map(\.name)
      if let output, !outputNames.contains(output) {
        let known = outputNames.map { $0.printable(limit: 100) }.joined(separator: ", ")
        throw ExchangeError("it has no output \(output.printable(limit: 100)); its outputs are \(known)")
      }
      card = try ImportedCard(model.metadataProps, beside: folder == nil ? nil : url)
    } catch let error as ExchangeError {
      throw ExchangeError("\(name): \(error)")
    }
    self.url = url
    nodeCount = graph.node.count
    hash = bytes.withUnsafeBytes { ContentHash.hex(of: $0) }
    wanted = output
  }

  private static func decode(_ bytes: [UInt8]) throws(ExchangeError) -> ONNXModel {
    var options = BinaryDecodingOptions()
    options.discardUnknownFields = true
    guard let model = try? ONNXModel(serializedBytes: bytes, options: options) else {
      throw ExchangeError("it is no ONNX file, or it is damaged")
    }
    guard model.irVersion > 0, model.hasGraph, !model.opsetImport.isEmpty, !model.graph.output.isEmpty else {
      throw ExchangeError("it is no ONNX file, or it is truncated")
    }
    return model
  }

  /// The size of images that the file is made for; `nil` if it takes images of several sizes.
  public var fixedSize: ImageSize? { input.fixedSize }

  /// Whether a file's name says that it is an ONNX file.
  public static func isONNX(_ path: String) -> Bool { path.lowercased().hasSuffix(".onnx") }

  /// The normalization of images that the file asks for; `nil` if it does not tell it.
  public var normalization: Normalization? { input.takesPixels ? .pixels : card.normalization }

  // MARK: - Graphs

  /// The graph of the network for one image, with scores of the image's size as its output.
  ///
  /// Scores of another size are resized bilinearly. Of a map of classes that the file computes itself, the scores are taken
  /// from which it comes. A single score becomes two, those of the classes 0 and 1.
  /// - Throws: `ExchangeError` with all operators that are not supported, for a size that the file does not take, or for a
  ///   file that contradicts itself.
  public func graph(for size: ImageSize) throws -> Graph {
    do {
      return try catchingTorchErrors { try withoutGradients { try makeGraph(size) } }
    } catch let error as ExchangeError {
      throw ExchangeError("\(url.relativePath.printable()): \(error)")
    } catch let error as NodeError {
      throw ExchangeError("\(url.relativePath.printable()): \(error)")
    }
  }

  private func makeGraph(_ size: ImageSize) throws -> Graph {
    try input.check(size)
    var importer = GraphImporter(functions: functions, reader: reader)
    var scope = Scope()
    try scope.add(graph)
    let image = importer.addImage(height: size.height, width: size.width)
    scope[input.name] = input.isChannelsLast ? try importer.permute(image, [0, 2, 3, 1]) : image
    var done = Set<Int>()
    var reasons: [String] = []
    for name in wanted.map({ [$0] }) ?? outputNames {
      let needed = nodes(for: name).filter { done.insert($0).inserted }
      try importer.run(needed.map { graph.node[$0] }, version: operatorVersion, in: &scope)
      guard let value = try scope.value(name, reader) else {
        throw ExchangeError("nothing makes its output \(name.printable(limit: 100))")
      }
      try refuseUnsupported(importer.unsupported)
      let scores = ImportedScores(value, size: size)
      guard let output = try scores.add(to: &importer) else {
        reasons.append("\(name.printable(limit: 100)) is \(value.description)")
        continue
      }
      importer.setOutput(output)
      let result = GraphPass.removeDeadNodes(importer.graph)
      try refuseUnsupported(ImportedScores.leftovers(of: result))
      return result
    }
    throw ExchangeError(
      "it has no output with scores or classes of pixels: \(reasons.prefix(5).joined(separator: "; "))")
  }

  private func refuseUnsupported(_ lines: [String]) throws(ExchangeError) {
    guard !lines.isEmpty else { return }
    let rest = lines.count > 20 ? " and \(lines.count - 20) more" : ""
    throw ExchangeError("not supported: " + lines.prefix(20).joined(separator: "; ") + rest)
  }

  /// The positions of the nodes that an output needs, in their order.
  private func nodes(for output: String) -> [Int] {
    var needed: Set<String> = [output]
    var found: [Int] = []
    for (index, node) in graph.node.enumerated().reversed() where node.output.contains(where: needed.contains) {
      found.append(index)
      needed.formUnion(node.input)
      for attribute in node.attribute where attribute.hasG { needed.formUnion(Self.names(readIn: attribute.g)) }
    }
    return found.reversed()
  }

  private static func names(readIn graph: ONNXGraph) -> Set<String> {
    var names = Set(graph.output.map(\.name))
    for node in graph.node {
      names.formUnion(node.input)
      for attribute in node.attribute where attribute.hasG { names.formUnion(Self.names(readIn: attribute.g)) }
    }
    return names
  }
}

extension Normalization {
  /// Pixels as they are, from 0 to 255.
  static let pixels = Normalization(mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255])
}
