import Torch

// The type of the values of images is a word of this library too, and of those above it.
@_exported import enum Basics.PixelType

/// A type that finds the class of each pixel of images, so that it can be scored: the predictor of
/// `SegmentationInference`, or one of your own.
public protocol ImageLabeller {
  /// The device on which `label` gives its results.
  var device: Device { get }
  /// The mean of each channel, on the scale 0 to 1, that images are normalized by; ImageNet's by default.
  var mean: [Double] { get }
  /// The standard deviation of each channel, on the scale 0 to 1, that images are normalized by; ImageNet's by default.
  var std: [Double] { get }
  /// The type of the images' values before they are normalized; 8 bits by default.
  var pixelType: PixelType { get }

  /// The best class of each pixel.
  /// - Parameters:
  ///   - images: Normalized images of one size, float32 [N, C, H, W], on the CPU.
  ///   - size: The height h and width w of the result.
  ///   - wantsConfidence: Whether the probability of each pixel's class is wanted too.
  /// - Returns: The classes, integers [N, h, w], and the probabilities, float32 [N, h, w], if they are wanted.
  func label(
    _ images: Tensor, size: ImageSize, wantsConfidence: Bool
  ) throws -> (classes: Tensor, confidence: Tensor?)
}

extension ImageLabeller {
  /// The CPU.
  public var device: Device { .cpu }
  /// The mean of ImageNet.
  public var mean: [Double] { [0.485, 0.456, 0.406] }
  /// The standard deviation of ImageNet.
  public var std: [Double] { [0.229, 0.224, 0.225] }
  /// 8 bits.
  public var pixelType: PixelType { .uint8 }
}
