import Torch

/// The first tensor, the sum of the first two, of the first three, and so on. This is hierarchical feature fusion
/// (ESPNet), which takes away the grid pattern of branches with different dilations.
func cumulativeSums(_ tensors: [Tensor]) -> [Tensor] {
  guard let first = tensors.first else { return [] }
  return tensors.dropFirst().reduce(into: [first]) { sums, tensor in sums.append(tensor + sums[sums.count - 1]) }
}
