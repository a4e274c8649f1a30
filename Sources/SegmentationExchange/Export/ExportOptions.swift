import SegmentationImage
import SegmentationModels
import Torch

/// The way in which a network is written for another tool.
public struct ExportOptions: Sendable, Equatable {
  /// The form of the images that the exported network takes.
  public enum Input: String, Sendable, CaseIterable, Codable {
    /// float32 [N, C, H, W]: red, green and blue, or the channels that the network takes.
    case float32 = "float32-nchw"
    /// uint8 [N, H, W, 3], the pixels as they lie in memory; the file normalizes them.
    case uint8 = "uint8-nhwc"
  }

  /// The result that the exported network gives.
  public enum Output: String, Sendable, CaseIterable, Codable {
    /// The class scores, float32 [N, classes, H, W].
    case logits
    /// The probabilities of the classes, float32 [N, classes, H, W]: the softmax of the scores.
    case probabilities
    /// The class of each pixel, uint8 [N, H, W], or int32 if there are more than 256 classes.
    case classes
  }

  /// The versions of ONNX's operators that can be written.
  public static let opsets = 17...22

  /// The height and width of images in pixels. If a file takes other sizes too, it is written from this one.
  public var size: ImageSize
  /// The number of images of a batch.
  public var batch = 1
  /// Whether the file takes images of other sizes too, those that the network's size rule allows.
  public var hasDynamicSize = false
  /// Whether the file takes batches of any number of images.
  public var hasDynamicBatch = false
  /// The form of the images.
  public var input = Input.float32
  /// Whether the file takes pixels from 0 to 255 and normalizes them itself. With `Input.uint8` it always does.
  public var normalizes = false
  /// The result.
  public var output = Output.logits
  /// Whether batch normalization is folded into the convolutions before it.
  public var foldsBatchNorm = true
  /// The numeric precision: float32, or int8 in ONNX files.
  public var precision = Precision.float32
  /// The version of ONNX's operators, one of `opsets`.
  public var opset = 17

  /// Creates options for images of a size.
  public init(size: ImageSize) { self.size = size }

  /// Whether the file does the normalization of pixels.
  var containsNormalization: Bool { normalizes || input == .uint8 }
}
