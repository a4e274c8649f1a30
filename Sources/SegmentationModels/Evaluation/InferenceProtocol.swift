import Torch

/// How a network is applied to an image: to the whole image once, or in tiles, at several scales and mirrored.
///
/// Tiles come first: each tile goes through all scales, as it is and mirrored. With one scale and no mirroring, the
/// network's scores are used as they are. Otherwise each view gives probabilities (the softmax of its scores), and
/// their mean is taken, as mmsegmentation does: the scores of different scales differ in size, so that a mean of scores
/// would let the most certain scale decide alone. If tiles overlap, the weighted mean of their scores is taken, as in
/// mmsegmentation's sliding window, or of their probabilities if there are several views.
public struct InferenceProtocol: Sendable, Equatable {
  /// The weight of each pixel of a tile if tiles overlap.
  public enum Blend: String, Codable, Sendable, CaseIterable {
    /// A bell curve in both directions, with an eighth of the tile's side as its standard deviation, at least 0.001: the
    /// middle of a tile, which sees most of the surroundings, counts most. It is MONAI's Gaussian importance map.
    case gaussian
    /// All pixels of a tile count alike.
    case uniform
  }

  /// The scales of mmsegmentation's test-time augmentation.
  public static let manyScales = [0.5, 0.75, 1, 1.25, 1.5, 1.75]

  /// Factors by which images are resized before the network sees them.
  public var scales = [1.0]
  /// Whether each image is also labelled mirrored from left to right.
  public var flip = false
  /// The height and width of tiles; `nil` means the whole image at once.
  public var tile: ImageSize?
  /// The share of a tile's side that neighbouring tiles have in common, from 0 to 0.9.
  public var overlap = 0.25
  /// The weights of a tile's pixels if tiles overlap.
  public var blend = Blend.gaussian

  /// Makes a protocol; without arguments, the network sees each image once, whole and as it is.
  public init(
    scales: [Double] = [1], flip: Bool = false, tile: ImageSize? = nil, overlap: Double = 0.25, blend: Blend = .gaussian
  ) {
    self.scales = scales
    self.flip = flip
    self.tile = tile
    self.overlap = overlap
    self.blend = blend
  }

  /// Whether the network sees the whole image once, as it is.
  public var isPlain: Bool { scales == [1] && !flip && tile == nil }

  /// Whether the results are probabilities, and not the network's scores.
  public var givesProbabilities: Bool { scales.count > 1 || flip }

  /// How many numbers for each pixel the largest input has, compared with the image itself.
  var largestArea: Double { scales.map { $0 * $0 }.max() ?? 1 }

  /// The reason why an image of a size cannot be labelled this way; nil if it can be.
  public func obstacle(for size: ImageSize) -> String? {
    guard let tile, tile.height > size.height || tile.width > size.width else { return nil }
    return "a tile of \(tile) is larger than the image, which is \(size)"
  }
}

extension InferenceProtocol: CustomStringConvertible {
  /// The protocol in words, for results.
  public var description: String {
    var parts = [
      tile.map {
        "tiles of \($0) that overlap by \(Self.number(overlap * 100)) %, blended with \(blend.rawValue) weights"
      } ?? "whole images"
    ]
    if scales != [1] {
      parts.append("scale\(scales.count == 1 ? "" : "s") \(scales.map(Self.number).joined(separator: ", "))")
    }
    if flip { parts.append("as they are and mirrored") }
    if givesProbabilities { parts.append("mean of the probabilities") }
    return parts.joined(separator: "; ")
  }

  /// A number without a point if it has no fraction.
  private static func number(_ value: Double) -> String {
    let rounded = (value * 1000).rounded() / 1000
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  }
}
