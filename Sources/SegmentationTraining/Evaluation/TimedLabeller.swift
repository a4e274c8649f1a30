import SegmentationModels
import Torch

/// Labels images with another labeller and measures how long it takes.
final class TimedLabeller<Labeller: ImageLabeller>: ImageLabeller {
  private let labeller: Labeller
  private var times: [Double] = []
  private(set) var images = 0

  init(_ labeller: Labeller) { self.labeller = labeller }

  var device: Device { labeller.device }
  var mean: [Double] { labeller.mean }
  var std: [Double] { labeller.std }
  var pixelType: PixelType { labeller.pixelType }

  func label(
    _ images: Tensor, size: ImageSize, wantsConfidence: Bool
  ) throws -> (classes: Tensor, confidence: Tensor?) {
    let start = ContinuousClock.now
    let found = try labeller.label(images, size: size, wantsConfidence: wantsConfidence)
    if device.kind != .cpu { Libtorch.synchronize(device) }
    let count = images.size(0)
    times.append((ContinuousClock.now - start) / .milliseconds(count))
    self.images += count
    return found
  }

  /// The median over the batches.
  var medianMilliseconds: Double { times.sorted()[times.count / 2] }
}
