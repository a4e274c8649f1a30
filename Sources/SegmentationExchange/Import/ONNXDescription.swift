import Basics
import Files
import Foundation
import SegmentationImage
import SegmentationInference
import SegmentationModels

/// A description of an ONNX file, for people and for other programs.
package struct ONNXDescription: Codable {
  /// A class of the network.
  package struct Class: Codable {
    package let name: String
    /// Red, green and blue.
    package let color: [UInt8]
  }

  package let network: String
  /// The height and width of images in pixels; `nil` for images of several sizes.
  package let size: [Int]?
  package let producer: String
  package let operatorVersion: Int
  package let nodes: Int
  /// How often each operator occurs.
  package let operators: [String: Int]
  package let outputs: [String]
  package let mean: [Double]?
  package let std: [Double]?
  package let classes: [Class]
  /// The SHA-256 of the file's bytes.
  package let hash: String
  /// Why the network cannot be compiled; `nil` if it can, or if that depends on the size.
  package let problem: String?

  /// - Parameter size: The size of images for which the network is tried; that of the file if it is `nil`.
  package init(_ network: ONNXNetwork, size: ImageSize?) {
    self.network = network.card.network ?? network.url.deletingPathExtension().lastPathComponent
    self.size = network.fixedSize.map(\.sides)
    producer = network.producer
    operatorVersion = network.operatorVersion
    nodes = network.nodeCount
    operators = network.operatorCounts
    outputs = network.outputNames
    mean = network.normalization?.mean
    std = network.normalization?.std
    classes = (network.card.classes ?? []).map {
      Class(name: $0.name, color: [$0.color.red, $0.color.green, $0.color.blue])
    }
    hash = network.hash
    var problem: String?
    if let size = size ?? network.fixedSize {
      do { _ = try network.graph(for: size) } catch { problem = "\(error)" }
    }
    self.problem = problem
  }

  /// One line for each fact.
  package var text: String {
    func list(_ values: [Double]?) -> String { values?.map { "\($0)" }.joined(separator: ", ") ?? "unknown" }
    let counts = operators.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }
    let facts: [(String, String)] = [
      ("network", network), ("image size", size.map { "\($0[0])x\($0[1])" } ?? "any"),
      ("outputs", outputs.joined(separator: ", ")),
      ("operators", "\(nodes): " + counts.map { "\($0.key) \($0.value)" }.joined(separator: ", ")),
      ("version", "\(operatorVersion) of the operators"), ("mean", list(mean)), ("std", list(std)),
      ("classes", classes.isEmpty ? "unknown" : "\(classes.count): " + classes.map(\.name).joined(separator: ", ")),
      ("hash", "SHA-256 \(hash)"), ("written by", producer.isEmpty ? "unknown" : producer),
      ("problem", problem ?? "none"),
    ]
    return facts.map { name, fact in
      let label = "\(name):"
      return label + String(repeating: " ", count: max(0, 13 - label.count)) + fact.printable(limit: 4096) + "\n"
    }.joined()
  }
}

extension ONNXNetwork {
  /// How often each operator occurs, without those of functions.
  var operatorCounts: [String: Int] { nodeTypes.reduce(into: [:]) { $0[$1.printable(limit: 100), default: 0] += 1 } }
}
