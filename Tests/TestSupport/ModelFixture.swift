import Foundation
import Torch

/// The numbers that a network computed in PyTorch with weights from `Formula`; scripts/make-fixtures makes the files.
public struct ModelFixture {
  /// One tensor of the network's state.
  public struct Entry: Equatable, Sendable {
    /// The name in the state.
    public let key: String
    /// The size of each dimension.
    public let shape: [Int]
    /// The formula of its elements.
    public let fill: Formula.Fill

    /// Whether it is a parameter, and not a buffer.
    public var isParameter: Bool { ![.zero, .runningMean, .runningVar].contains(fill) }
  }

  /// A whole output of a float32 run, of which a sample is stored, and the most that it differs by from a float64 run's,
  /// relative to the largest absolute value.
  public struct Output: Decodable, Sendable {
    /// The size of each dimension, if it was stored.
    public let shape: [Int]?
    /// The largest difference from the float64 run, and numbers that describe all elements.
    public let noise, mean, std, absmax, l2: Double
  }

  /// A loss and its backward pass, in float64.
  public struct Gradients: Decodable, Sendable {
    /// The loss, and the norm of all gradients.
    public let loss, gradNorm: Double
    /// The losses that the sum consists of, by name.
    public let losses: [String: Double]
    /// In training mode: the outputs of all heads.
    public let outputs: [Output]?
    /// Batch normalizations that ran more or less often than once.
    public let batchesTracked: [String: Int]?
  }

  private struct Scalars: Decodable {
    let params: Int
    let macs: [String: Int]
    let eval: Output
    let frozen: Gradients?
    let train: Gradients?
  }

  /// The name of the network in the catalogue.
  public let name: String
  /// Parameters and buffers in order.
  public let entries: [Entry]
  /// The number of elements of all parameters.
  public let parameterCount: Int
  /// Multiply-accumulates at 512x1024, by kind of operator.
  public let multiplyAccumulates: [String: Int]
  /// The scores in evaluation mode.
  public let eval: Output
  /// Gradients in evaluation mode.
  public let frozen: Gradients?
  /// Gradients in training mode.
  public let train: Gradients?
  /// Samples of outputs and norms of gradients.
  public let tensors: StateDictionary

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/models")

  /// The names of all fixtures.
  public static func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".safetensors") }
      .map { String($0.dropLast(".safetensors".count)) }
  }

  private static func file(_ name: String) -> URL { folder.appendingPathComponent("\(name).safetensors") }

  /// Reads the fixture of a network.
  public init(_ name: String) throws {
    let (tensors, metadata) = try Safetensors.read(Self.file(name))
    let scalars = try JSONDecoder().decode(Scalars.self, from: Data((metadata["scalars"] ?? "").utf8))
    let text = String(decoding: tensors["entries"]!.elements(UInt8.self), as: UTF8.self)
    self.name = name
    entries = Self.entries(text)
    parameterCount = scalars.params
    multiplyAccumulates = scalars.macs
    eval = scalars.eval
    frozen = scalars.frozen
    train = scalars.train
    self.tensors = tensors
  }

  /// Reads the lines of `describe_entries` in scripts/make-fixtures.
  private static func entries(_ text: String) -> [Entry] {
    var entries: [Entry] = []
    var previous: [Substring] = []
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ", omittingEmptySubsequences: false)
      previous = Array(previous.prefix(Int(fields[0])!)) + fields[1].split(separator: ".")
      let key = previous.joined(separator: ".")
      let shape = fields[3].split(separator: ",").map { Int($0)! }
      switch fields[2] {
      case "bn":
        entries += [
          Entry(key: "\(key).weight", shape: shape, fill: .one), Entry(key: "\(key).bias", shape: shape, fill: .bias),
          Entry(key: "\(key).running_mean", shape: shape, fill: .runningMean),
          Entry(key: "\(key).running_var", shape: shape, fill: .runningVar),
          Entry(key: "\(key).num_batches_tracked", shape: [], fill: .zero),
        ]
      case "prelu": entries.append(Entry(key: key, shape: shape, fill: .prelu))
      default:
        let last = previous.last ?? ""
        let fill: Formula.Fill =
          last == "bias" ? .bias : shape.count >= 2 ? .fanIn : last.hasPrefix("layer_scale") ? .layerScale : .one
        entries.append(Entry(key: key, shape: shape, fill: fill))
      }
    }
    return entries
  }
}
