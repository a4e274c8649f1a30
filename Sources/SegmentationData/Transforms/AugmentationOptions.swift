import Basics
import SegmentationImage

/// The changes of training images, in this order: scale, random scale, affine change, rotation, perspective, padding, crop,
/// flips, mosaic, copy-paste, color jitter, photometric distortion, blur, cut-out, normalization. Validation images are
/// only scaled and normalized. A section that is not given does not happen; `{}` turns it on with its defaults.
public struct AugmentationOptions: Codable, Equatable, Sendable, ValidatedOptions {
  /// A fixed factor on the size of all images; in validation masks keep their size.
  public var scale = 1.0
  /// `[low, high]`: training images are resized by 1 + u, u evenly spread between them.
  public var scaleRange: ClosedRange<Double> = 0...0
  /// How often the random scale happens.
  public var scaleProbability = 1.0
  /// The size of training images, "HEIGHTxWIDTH" or [HEIGHT, WIDTH]: smaller ones are padded, larger ones cropped.
  public var cropSize = ImageSize(height: 512, width: 1024)
  /// Strengths: factors are spread over 1 - strength to 1 + strength.
  public var brightness = 0.0
  public var contrast = 0.0
  public var saturation = 0.0
  /// The largest shift of hue as a part of the color circle, 0 to 0.5.
  public var hue = 0.0
  /// How often the colors are changed.
  public var jitterProbability = 1.0
  /// How often images are mirrored.
  public var horizontalFlip = 0.5
  /// How often images are turned upside down.
  public var verticalFlip = 0.0
  /// The pixels outside an image become gray (114, 114, 114) that is ignored (`constant`), or the mirrored image
  /// with its labels (`reflect`).
  public var padding = Padding.constant
  /// Scales, shears and moves images.
  public var affine: Affine?
  /// Turns images.
  public var rotation: Rotation?
  /// Looks at images from another side.
  public var perspective: Perspective?
  /// Chooses crops in which no class fills too much.
  public var crop: CropChoice?
  /// Puts four samples together.
  public var mosaic: Mosaic?
  /// Pastes pixels of rare classes of other samples.
  public var copyPaste: CopyPaste?
  /// Changes colors as mmsegmentation does.
  public var photometric: PhotometricDistortion?
  /// Blurs images.
  public var blur: GaussianBlur?
  /// Covers rectangles of images.
  public var cutout: CutOut?
  /// Mean and standard deviation (0.000001 to 1000) of red, green and blue on the scale 0 to 1.
  public var mean = Normalization.imageNetMean
  public var std = Normalization.imageNetStd

  /// The largest side of training images.
  static let largestSide = 16384

  public init() {}

  public func validate() throws(InvalidOption) {
    try require(scale > 0 && scale <= 16, "scale", "a factor above 0, at most 16", found: scale)
    let sides = 1...Self.largestSide
    try require(
      sides.contains(cropSize.height) && sides.contains(cropSize.width), "cropSize",
      "sides from 1 to \(Self.largestSide)", found: cropSize)
    try require(
      scaleRange.lowerBound > -1 && scaleRange.upperBound <= 16, "scaleRange", "[low, high] with low above -1",
      found: scaleRange)
    for (name, strength) in [("brightness", brightness), ("contrast", contrast), ("saturation", saturation)] {
      try require((0...16).contains(strength), name, "a strength of 0 or more", found: strength)
    }
    try require((0...0.5).contains(hue), "hue", "a shift from 0 to 0.5", found: hue)
    for (name, probability) in [
      ("scaleProbability", scaleProbability), ("jitterProbability", jitterProbability),
      ("horizontalFlip", horizontalFlip), ("verticalFlip", verticalFlip),
    ] {
      try requireProbability(probability, name)
    }
    try require(
      mean.count == 3 && mean.allSatisfy { (-1000...1000).contains($0) }, "mean", "three values from -1000 to 1000",
      found: mean)
    try require(
      std.count == 3 && std.allSatisfy { (1e-6...1000).contains($0) }, "std", "three values from 0.000001 to 1000",
      found: std)
    let sections: [(String, (any ValidatedOptions)?)] = [
      ("affine", affine), ("rotation", rotation), ("perspective", perspective), ("crop", crop), ("mosaic", mosaic),
      ("copyPaste", copyPaste), ("photometric", photometric), ("blur", blur), ("cutout", cutout),
    ]
    for (name, section) in sections { try require(valid: section, name) }
  }
}
