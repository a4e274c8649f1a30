import CTorch

/// The cross entropy of every pixel, [N, H, W], of scores [N, C, h, w] against int64 labels [N, H, W]: that of the scores
/// resized bilinearly, with aligned corners, to the size of the labels. Pixels labelled `ignoreIndex` have the loss 0.
///
/// On the CPU neither the resized scores nor their softmax are made, forward or backward: the gradient computes each
/// pixel's softmax anew and gives it to the scores that the pixel lies between. It does not depend on the number of
/// threads. Scores of lower precision are converted to float32; scores of float64, and other devices, take the two
/// operators of libtorch.
/// - Parameter weight: One factor for each class.
public func upsampledCrossEntropy(
  _ scores: Tensor, _ labels: Tensor, weight: Tensor? = nil, ignoreIndex: Int = 255, labelSmoothing: Double = 0
) -> Tensor {
  if scores.device.kind == .cpu, scores.dtype != .float64 {
    return .make {
      ct_upsampled_cross_entropy(
        scores.handle, labels.handle, weight?.handle, ignoreIndex, labelSmoothing, $0)
    }
  }
  let size = labels.spatialSize
  let precise = scores.dtype == .float64 ? scores : scores.to(dtype: .float32)
  let full = scores.spatialSize == size ? precise : precise.upsampleBilinear2d(size: size, alignCorners: true)
  return crossEntropy(
    full, labels, weight: weight, reduction: .none, ignoreIndex: ignoreIndex, labelSmoothing: labelSmoothing)
}
