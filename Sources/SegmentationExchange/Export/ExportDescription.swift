import Basics
import Foundation
import SegmentationImage
import SegmentationModels

/// The facts about an exported network that a program needs to use it: they stand in the file and in the JSON file beside
/// it.
public struct ExportDescription: Codable, Sendable, Equatable {
  /// A class of the network.
  public struct Class: Codable, Sendable, Equatable {
    /// The name.
    public var name: String
    /// Red, green and blue, from 0 to 255.
    public var color: [UInt8]
  }

  /// The network's name in the catalogue.
  public var network: String
  /// The numeric precision.
  public var precision: String
  /// The share of the calibration images' pixels that have the same class in int8 as in float32; `nil` for other
  /// precisions.
  public var agreement: Double?
  /// The size of images in pixels, [height, width].
  public var size: [Int]
  /// Whether other sizes will do, too.
  public var dynamicSize: Bool
  /// A number of which the height and width of images must be multiples if other sizes will do.
  public var sizeMultiple: Int
  /// The least height and width of images if other sizes will do.
  public var sizeMinimum: Int
  /// The number of images of a batch.
  public var batch: Int
  /// Whether batches of other numbers of images will do, too.
  public var dynamicBatch: Bool
  /// The form of the images: float32-nchw or uint8-nhwc.
  public var input: String
  /// The result: logits, probabilities or classes.
  public var output: String
  /// Whether the file normalizes pixels from 0 to 255 itself; otherwise it takes (pixel / 255 - mean) / std.
  public var normalized: Bool
  /// The number of channels of the images.
  public var channels: Int
  /// The type of the images' values, which tells their scale: uint8, uint16 or float32.
  public var pixelType: String
  /// The mean of each channel on the scale 0 to 1; of float32 in the values' own unit.
  public var mean: [Double]
  /// The standard deviation of each channel on the scale 0 to 1; of float32 in the values' own unit.
  public var std: [Double]
  /// The classes in the order of their numbers; empty if nothing tells them.
  public var classes: [Class]
  /// The SHA-256 of the checkpoint's bytes in hexadecimal digits; empty if the weights come from no file.
  public var checkpoint: String
  /// The version of RTSeg that wrote the file.
  public var producer: String

  init(_ network: ExportedNetwork, _ options: ExportOptions, agreement: Double?) {
    self.network = network.name
    precision = options.precision.rawValue
    self.agreement = agreement
    size = [options.size.height, options.size.width]
    dynamicSize = options.hasDynamicSize
    (sizeMultiple, sizeMinimum) = (network.model.sizes.multiple, network.model.sizes.minimum)
    batch = options.batch
    dynamicBatch = options.hasDynamicBatch
    input = options.input.rawValue
    output = options.output.rawValue
    normalized = options.containsNormalization
    (channels, pixelType) = (network.normalization.channels, network.normalization.type.rawValue)
    (mean, std) = (network.normalization.mean, network.normalization.std)
    classes = network.classes.map { Class(name: $0.name, color: [$0.color.red, $0.color.green, $0.color.blue]) }
    checkpoint = network.checkpoint
    producer = rtsegVersion
  }

  /// The description as JSON with keys in snake case.
  func json(indented: Bool = true) throws -> Data { try JSONEncoder.snakeCase(indented: indented).encode(self) }

  /// The facts by key, as texts: plain texts as they are, everything else as JSON.
  func entries() throws -> [(key: String, value: String)] {
    let object = try JSONSerialization.jsonObject(with: json(indented: false)) as? [String: Any] ?? [:]
    return try object.sorted { $0.key < $1.key }.map { key, value in
      if let text = value as? String { return (key, text) }
      let data = try JSONSerialization.data(
        withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes])
      return (key, String(decoding: data, as: UTF8.self))
    }
  }
}
