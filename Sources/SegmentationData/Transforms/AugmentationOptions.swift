import Basics
import SegmentationImage

/// These options set the random changes of training images, and the normalization of all images. The changes happen
/// in this order: scale, random scale, affine change, rotation, perspective, padding, crop, flips, mosaic,
/// copy-paste, color jitter, photometric distortion, blur, cut-out, normalization. Validation images are only scaled
/// and normalized. A section that is null does nothing; `{}` turns it on with its defaults.
public struct AugmentationOptions: Codable, Equatable, Sendable, ValidatedOptions {
  /// All images are resized by this factor. Validation masks keep their size.
  public var scale = 1.0
  /// Training images are resized by a random factor from 1 + low to 1 + high; this is `[low, high]`. `[-0.5, 1]`
  /// gives factors from 0.5 to 2.
  public var scaleRange: ClosedRange<Double> = 0...0
  /// The probability that a training image is resized at random.
  public var scaleProbability = 1.0
  /// The size of training images in pixels, `HEIGHTxWIDTH` or `[HEIGHT, WIDTH]`. Smaller images are padded, larger
  /// ones are cropped at a random place.
  public var cropSize = ImageSize(height: 512, width: 1024)
  /// The brightness is multiplied by a random factor from 1 - this to 1 + this.
  public var brightness = 0.0
  /// The contrast is multiplied by a random factor from 1 - this to 1 + this.
  public var contrast = 0.0
  /// The saturation is multiplied by a random factor from 1 - this to 1 + this.
  public var saturation = 0.0
  /// The largest random shift of the hue, as a part of the color circle.
  public var hue = 0.0
  /// The probability that brightness, contrast, saturation and hue of an image are changed.
  public var jitterProbability = 1.0
  /// The probability that an image is mirrored from left to right.
  public var horizontalFlip = 0.5
  /// The probability that an image is mirrored from top to bottom.
  public var verticalFlip = 0.0
  /// The content of the pixels that are added outside an image.
  public var padding = Padding.constant
  /// Images are scaled, sheared and moved at random.
  public var affine: Affine?
  /// Images are turned at random.
  public var rotation: Rotation?
  /// Images are distorted as if they were seen from another side.
  public var perspective: Perspective?
  /// Crops in which one class fills too much are drawn again.
  public var crop: CropChoice?
  /// Four samples are put together to one image.
  public var mosaic: Mosaic?
  /// Pixels of rare classes are pasted from other samples.
  public var copyPaste: CopyPaste?
  /// Colors are changed as mmsegmentation does it.
  public var photometric: PhotometricDistortion?
  /// Images are blurred at random.
  public var blur: GaussianBlur?
  /// Rectangles of images are covered at random.
  public var cutout: CutOut?
  /// The mean of each channel on the scale 0 to 1 (`data.pixel_type`), which is subtracted from all images. For RGB,
  /// choose the values that the weights of the backbone were trained with.
  public var mean = Normalization.imageNetMean
  /// The standard deviation of each channel on the scale 0 to 1 (`data.pixel_type`), by which all images are divided
  /// after the mean is subtracted.
  public var std = Normalization.imageNetStd

  /// The largest side of training images.
  static let largestSide = 16384

  /// Creates the default options.
  public init() {}

  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
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
      !mean.isEmpty && mean.allSatisfy { (-1e6...1e6).contains($0) }, "mean", "values from -1000000 to 1000000",
      found: mean)
    try require(
      !std.isEmpty && std.allSatisfy { (1e-6...1e6).contains($0) }, "std", "values from 0.000001 to 1000000",
      found: std)
    let sections: [(String, (any ValidatedOptions)?)] = [
      ("affine", affine), ("rotation", rotation), ("perspective", perspective), ("crop", crop), ("mosaic", mosaic),
      ("copyPaste", copyPaste), ("photometric", photometric), ("blur", blur), ("cutout", cutout),
    ]
    for (name, section) in sections { try require(valid: section, name) }
  }
}
