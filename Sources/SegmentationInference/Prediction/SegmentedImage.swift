import SegmentationImage

/// An image and the classes that a network found in it.
public struct SegmentedImage: Sendable, Equatable {
  /// The image that was labelled.
  public let image: Image
  /// The best class of each pixel.
  public let classes: Mask
  /// The best class's probability of each pixel, 255 for certainty; nil if it was not wanted.
  public let confidence: Mask?
  /// The classes' colors.
  public let palette: Palette

  package init(image: Image, classes: Mask, confidence: Mask?, palette: Palette) {
    (self.image, self.classes, self.confidence, self.palette) = (image, classes, confidence, palette)
  }

  /// The classes in their colors.
  public var colored: Image { classes.colored(by: palette) }

  /// The image with the classes' colors over it.
  /// - Parameter alpha: How strongly the colors cover the image, from 0 to 1.
  public func overlay(alpha: Double = 0.3) -> Image { image.overlaid(with: classes, palette: palette, alpha: alpha) }
}
