import CTorch

// No dimensions named: over all of them, to rank 0.
extension Tensor {
  /// The sum over some dimensions, or over all if none is named.
  /// - Parameter keep: Whether the dimensions stay, with size 1.
  public func sum(_ dimensions: [Int] = [], keep: Bool = false) -> Tensor {
    .make { ct_sum(handle, dimensions, dimensions.count, keep, $0) }
  }

  /// The mean over some dimensions, or over all if none is named.
  /// - Parameter keep: Whether the dimensions stay, with size 1.
  public func mean(_ dimensions: [Int] = [], keep: Bool = false) -> Tensor {
    .make { ct_mean(handle, dimensions, dimensions.count, keep, $0) }
  }

  /// The largest element over some dimensions, or over all if none is named.
  /// - Parameter keep: Whether the dimensions stay, with size 1.
  public func max(_ dimensions: [Int] = [], keep: Bool = false) -> Tensor {
    .make { ct_amax(handle, dimensions, dimensions.count, keep, $0) }
  }

  /// The smallest element over some dimensions, or over all if none is named.
  /// - Parameter keep: Whether the dimensions stay, with size 1.
  public func min(_ dimensions: [Int] = [], keep: Bool = false) -> Tensor {
    .make { ct_amin(handle, dimensions, dimensions.count, keep, $0) }
  }

  /// The L2 norm.
  public func norm(_ dimensions: [Int] = [], keep: Bool = false) -> Tensor {
    .make { ct_norm(handle, dimensions, dimensions.count, keep, $0) }
  }

  /// The largest elements along a dimension and their places; if several are equal, the place of one of them.
  public func maxWithIndices(dimension: Int, keep: Bool = false) -> (values: Tensor, indices: Tensor) {
    let (values, indices) = Tensor.makePair { ct_max_dim(handle, dimension, keep, $0, $1) }
    return (values, indices)
  }

  /// The place of the largest element along a dimension: for logits [N, C, H, W] and dimension 1, classes [N, H, W].
  public func argmax(dimension: Int, keep: Bool = false) -> Tensor {
    .make { ct_argmax(handle, dimension, keep, $0) }
  }

  /// The `count` largest elements along a dimension, largest first.
  public func top(_ count: Int, dimension: Int = -1) -> (values: Tensor, indices: Tensor) {
    let (values, indices) = Tensor.makePair { ct_topk(handle, count, dimension, $0, $1) }
    return (values, indices)
  }

  /// How often each of 0, 1, ... occurs in an integer tensor of one dimension.
  public func bincount(minimumLength: Int = 0) -> Tensor { .make { ct_bincount(handle, minimumLength, $0) } }

  /// Whether all elements are true.
  public func all() -> Tensor { .make { ct_all(handle, $0) } }

  /// Whether any element is true.
  public func any() -> Tensor { .make { ct_any(handle, $0) } }

  /// The elements along a dimension in order, and the place that each had.
  public func sorted(dimension: Int = -1, descending: Bool = false) -> (values: Tensor, indices: Tensor) {
    let (values, indices) = Tensor.makePair { ct_sort(handle, dimension, descending, $0, $1) }
    return (values, indices)
  }

  /// The elements along a dimension that an integer tensor of the same rank names, place by place.
  public func gather(_ indices: Tensor, dimension: Int = -1) -> Tensor {
    .make { ct_gather(handle, dimension, indices.handle, $0) }
  }

  /// The sum of each element and those before it along a dimension; integers add up as int64.
  public func cumulativeSum(dimension: Int = -1) -> Tensor { .make { ct_cumsum(handle, dimension, $0) } }
}
