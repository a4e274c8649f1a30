import Basics
import Foundation
import Torch

/// The description of a network in a checkpoint, so that the file alone is enough to run it.
public struct ModelCard: Codable, Sendable, Equatable {
  /// The network's name in the catalogue.
  public var model: String
  /// Class names in the order of the scores.
  public var classes: [String]
  /// Each class's color: red, green, blue.
  public var colors: [[UInt8]]
  /// The mean of each channel by which the network's input was normalized, on the scale of `pixelType`.
  public var mean: [Double]
  /// The standard deviation of each channel by which the network's input was normalized, on the scale of `pixelType`.
  public var std: [Double]
  /// Whether the network has one score for two classes: pixels whose score is above 0 belong to the second class.
  public var singleScore = false
  /// The type of the images' values.
  public var pixelType = PixelType.uint8

  /// Makes a card; nothing is checked.
  public init(
    model: String, classes: [String], colors: [[UInt8]], mean: [Double], std: [Double], singleScore: Bool = false,
    pixelType: PixelType = .uint8
  ) {
    self.model = model
    self.classes = classes
    self.colors = colors
    self.mean = mean
    self.std = std
    self.singleScore = singleScore
    self.pixelType = pixelType
  }

  private enum CodingKeys: String, CodingKey {
    case model, classes, colors, mean, std, singleScore, pixelType
  }

  /// Reads a card; a missing `singleScore` counts as false, a missing `pixelType` as 8 bits.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    model = try values.decode(String.self, forKey: .model)
    classes = try values.decode([String].self, forKey: .classes)
    colors = try values.decode([[UInt8]].self, forKey: .colors)
    mean = try values.decode([Double].self, forKey: .mean)
    std = try values.decode([Double].self, forKey: .std)
    // Cards of earlier versions do not have it.
    singleScore = try values.decodeIfPresent(Bool.self, forKey: .singleScore) ?? false
    pixelType = try values.decodeIfPresent(PixelType.self, forKey: .pixelType) ?? .uint8
  }

  /// How many channels the images have.
  public var imageChannels: Int { mean.count }

  /// How many channels the network's scores have.
  public var scoreCount: Int { singleScore ? 1 : classes.count }

  /// The card that a training checkpoint holds; `nil` for checkpoints from elsewhere.
  /// - Throws: `ModelCardError` for a card that no run can have written.
  public init?(checkpoint: PickleValue) throws {
    switch checkpoint["rtseg"]?["card"] {
    case nil, .none?: return nil
    case .string(let text)?:
      guard text.utf8.count <= Self.longestText,
        let card = try? JSONDecoder().decode(ModelCard.self, from: Data(text.utf8))
      else { throw ModelCardError("the text is not the JSON that rtseg writes") }
      try card.validate()
      self = card
    case let value?: throw ModelCardError("expected text, found \(value.kind)")
    }
  }

  /// The card as it stands in checkpoints, which is JSON.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: (try? encoder.encode(self)) ?? Data(), as: UTF8.self)
  }

  private static let longestText = 1 << 20

  /// Refuses values that would trap or mean nothing when they are used.
  private func validate() throws(ModelCardError) {
    func require(_ condition: Bool, _ key: String, _ expected: String, found: String) throws(ModelCardError) {
      if !condition { throw ModelCardError("\(key): expected \(expected), found \(found)") }
    }
    try require((1...255).contains(classes.count), "classes", "1 to 255 names", found: "\(classes.count)")
    for name in classes {
      let isPlain = name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
      try require(
        !name.isEmpty && name.utf8.count <= 1000 && isPlain, "classes", "names without control characters",
        found: "one of \(name.utf8.count) bytes with others")
    }
    try require(Set(classes).count == classes.count, "classes", "each name once", found: "one twice")
    try require(
      colors.count == classes.count, "colors", "one for each of the \(classes.count) classes", found: "\(colors.count)")
    for color in colors { try require(color.count == 3, "colors", "three numbers for each", found: "\(color.count)") }
    try require(
      !singleScore || classes.count == 2, "classes", "two names, for a network with a single score",
      found: "\(classes.count)")
    try require(
      (1...1024).contains(mean.count) && mean.allSatisfy { abs($0) <= 1e6 }, "mean",
      "a number of at most a million for each channel",
      found: "\(mean.prefix(8))")
    try require(
      std.count == mean.count && std.allSatisfy { (1e-6...1e6).contains($0) }, "std",
      "a number from a millionth to a million for each channel", found: "\(std.prefix(8))")
  }
}

/// A card in a checkpoint that is damaged.
public struct ModelCardError: Error, CustomStringConvertible, Sendable, Equatable {
  /// The error in one line.
  public let description: String

  init(_ problem: String) { description = "the card of the network in it is damaged: \(problem)" }
}
