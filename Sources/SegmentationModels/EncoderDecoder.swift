import Basics
import Foundation
import Torch

/// An encoder, a decoder, and a convolution that gives class scores: segmentation_models.pytorch's networks, with its key
/// names.
public final class EncoderDecoder: SegmentationModel {
  /// The encoder, into which published weights of its classification network fit.
  public let encoder: any FeatureEncoder
  let decoder: any FeatureDecoder
  let segmentationHead: Sequential
  let depth: Int
  /// The factor from the scores' size to the image's.
  private let headScale: Int

  /// Makes a network with random weights.
  /// - Parameters:
  ///   - depth: The number of times that the encoder halves the size, 3 to 5.
  ///   - inputChannels: The number of channels of the images.
  /// - Throws: `ArchitectureError.unworkable`.
  public init(
    _ decoder: DecoderKind, _ encoder: EncoderKind, classes: Int, depth: Int? = nil, inputChannels: Int = 3
  ) throws {
    try Self.check(decoder, encoder, depth: depth)
    let depth = depth ?? decoder.defaultDepth
    self.encoder = encoder.makeEncoder(
      EncoderOptions(
        inputChannels: inputChannels, outputStride: decoder.encoderOutputStride, depth: depth))
    self.decoder = decoder.makeDecoder(
      channels: Array(self.encoder.featureChannels.prefix(depth + 1)), encoder: encoder)
    let head = decoder.head(depth: depth)
    let convolution = Conv2d(self.decoder.outputs, classes, kernel: IntPair(head.kernel), padding: .centered)
    segmentationHead = Sequential(convolution)
    self.depth = depth
    headScale = head.scale
    super.init()
    self.decoder.visit { _, module in
      if let conv = module as? Conv2d {
        conv.weight.initializeKaimingUniformFanIn()
        conv.bias?.initializeZero()
      } else if let linear = module as? Linear {
        linear.weight.initializeXavierUniform()
        linear.bias?.initializeZero()
      }
    }
    convolution.weight.initializeXavierUniform()
    convolution.bias?.initializeZero()
  }

  public override var pretrainableTitle: String { "encoder" }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let scores = segmentationHead(decoder(encoder.features(of: x, depth: depth)))
    return SegmentationOutput(logits: scores, resizedTo: scores.spatialSize * headScale)
  }
}

// MARK: - In the catalogue

extension EncoderDecoder {
  /// - Throws: `ArchitectureError` if the parts do not go together.
  static func check(_ decoder: DecoderKind, _ encoder: EncoderKind, depth: Int?) throws {
    if let obstacle = decoder.obstacle(with: encoder) {
      let others = EncoderKind.allCases.filter { decoder.obstacle(with: $0) == nil }.map(\.rawValue)
      throw ArchitectureError.unworkable(obstacle: obstacle, decoder: decoder, encoders: others)
    }
    if let depth, !(3...5).contains(depth) {
      throw ArchitectureError.parts("an encoder's depth: expected 3, 4 or 5, found \(depth)")
    }
  }

  static func summary(_ decoder: DecoderKind, depth: Int) -> NetworkSummary {
    let (title, year, paper) = decoder.summary
    let sizes = decoder.sizes(depth: depth)
    return NetworkSummary(
      family: "smp", title: title, year: year, paper: paper, stride: sizes.multiple, minimumSize: sizes.minimum)
  }

  /// The part of the name after "smp-".
  static func variant(_ decoder: DecoderKind, _ encoder: EncoderKind, depth: Int) -> String {
    "\(decoder.rawValue)-\(encoder.rawValue)" + (depth == decoder.defaultDepth ? "" : "-depth\(depth)")
  }

  /// Reads names that `Architecture.allCases` does not have; `nil` for those of other families.
  /// - Throws: `ArchitectureError`, saying which part is wrong.
  static func architecture(name: String) throws -> Architecture? {
    guard name == "smp" || name.hasPrefix("smp-") else { return nil }
    var parts = name.split(separator: "-", maxSplits: 2).dropFirst().map(String.init)
    guard parts.count == 2 else {
      throw ArchitectureError.parts(
        "\(name): expected smp-DECODER-ENCODER, such as smp-unet-resnet18, or smp with --decoder and --encoder")
    }
    var depth: Int?
    if let suffix = parts[1].range(of: "-depth", options: .backwards), let number = Int(parts[1][suffix.upperBound...])
    {
      depth = number
      parts[1] = String(parts[1][..<suffix.lowerBound])
    }
    return try Architecture(decoder: parts[0], encoder: parts[1], depth: depth)
  }
}

extension Architecture {
  /// An encoder–decoder network by its parts' names.
  /// - Parameter depth: The number of times that the encoder halves the size, 3 to 5; `nil` means the decoder's usual
  ///   number.
  /// - Throws: `ArchitectureError`, for unknown names and for parts that do not go together.
  public init(decoder: String, encoder: String, depth: Int? = nil) throws {
    guard let decoderKind = DecoderKind(rawValue: decoder) else {
      let names = DecoderKind.allCases.map(\.rawValue)
      throw ArchitectureError.parts("unknown decoder '\(decoder)': expected one of \(names.joined(separator: ", "))")
    }
    guard let encoderKind = EncoderKind(rawValue: encoder) else {
      let names = EncoderKind.allCases.map(\.rawValue)
      let hint = encoder.nearest(among: names).map { "did you mean '\($0)'? " } ?? ""
      throw ArchitectureError.parts(
        "unknown encoder '\(encoder)': \(hint)`rtseg models --family encoder-decoder` lists them")
    }
    try EncoderDecoder.check(decoderKind, encoderKind, depth: depth)
    self = .smp(decoderKind, encoderKind, depth: depth ?? decoderKind.defaultDepth)
  }

  /// A network by name, or "smp" with the names of a decoder and an encoder.
  /// - Throws: `ArchitectureError`.
  public init(name: String, decoder: String?, encoder: String?) throws {
    switch (name, decoder, encoder) {
    case ("smp", let decoder?, let encoder?): try self.init(decoder: decoder, encoder: encoder)
    case (_, nil, nil): try self.init(name: name)
    default:
      throw ArchitectureError.parts(
        name == "smp"
          ? "smp needs both a decoder and an encoder: --decoder unet --encoder resnet18"
          : "a decoder and an encoder belong to smp alone, not to \(name)")
    }
  }
}
