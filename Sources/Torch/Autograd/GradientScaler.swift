import CTorch

/// Scales the loss so that float16 gradients neither vanish nor overflow, and finds the scale as it goes.
///
/// With bfloat16 or float32 no scaling is needed: a scaler that is not enabled still finds gradients that are not finite.
public final class GradientScaler {
  /// The factor of the loss; 1 if the scaler is not enabled.
  public private(set) var scale: Double
  /// The number of steps with finite gradients since the scale last changed.
  public private(set) var goodSteps = 0
  /// Whether the loss is scaled.
  public let isEnabled: Bool
  /// Good steps after which the scale doubles.
  package let growthInterval: Int

  /// Makes a scaler.
  /// - Parameters:
  ///   - enabled: Whether the loss is scaled, which float16 needs.
  ///   - growthInterval: The number of good steps after which the scale doubles.
  public init(enabled: Bool, initialScale: Double = 65536, growthInterval: Int = 2000) {
    isEnabled = enabled
    scale = enabled ? initialScale : 1
    self.growthInterval = growthInterval
  }

  /// Takes over a saved scaler's place.
  public func restore(scale: Double, goodSteps: Int) {
    guard isEnabled else { return }
    self.scale = scale
    self.goodSteps = goodSteps
  }

  /// The loss to call `backward` on.
  public func scaled(_ loss: Tensor) -> Tensor { isEnabled ? loss * scale : loss }

  /// Divides the gradients by the scale in place and says whether all are finite.
  public func unscale(_ gradients: [Tensor]) -> Bool {
    guard let device = gradients.first?.device else { return true }
    let foundInfinite = Tensor.zeros([1], device: device)
    let inverse = Tensor.full([1], 1 / scale, device: device)
    withHandles(gradients) { handles in
      check(ct_unscale_gradients(handles[0], gradients.count, foundInfinite.handle, inverse.handle))
    }
    return foundInfinite.item == 0
  }

  /// Adapts the scale to whether the last step's gradients were finite.
  public func update(finite: Bool) {
    guard isEnabled else { return }
    if finite {
      goodSteps += 1
      if goodSteps == growthInterval {
        scale *= 2
        goodSteps = 0
      }
    } else {
      scale = max(1, scale / 2)
      goodSteps = 0
    }
  }
}
