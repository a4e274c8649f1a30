import CTorch

extension Tensor {
  /// Another shape for the same elements; -1 stands for what is left.
  public func reshape(_ shape: [Int]) -> Tensor { .make { ct_reshape(handle, shape, shape.count, $0) } }

  /// Another shape for the same memory. It traps if that takes a copy.
  public func view(_ shape: [Int]) -> Tensor { .make { ct_view(handle, shape, shape.count, $0) } }

  /// Repeats dimensions of size 1 without copying; -1 keeps a size.
  public func expand(_ shape: [Int]) -> Tensor { .make { ct_expand(handle, shape, shape.count, $0) } }

  /// Reorders the dimensions.
  public func permute(_ dimensions: [Int]) -> Tensor { .make { ct_permute(handle, dimensions, dimensions.count, $0) } }

  /// Exchanges two dimensions; negative numbers count from the last.
  public func transpose(_ a: Int, _ b: Int) -> Tensor { .make { ct_transpose(handle, a, b, $0) } }

  /// Merges dimensions `start` to `end` (inclusive).
  public func flatten(from start: Int = 0, to end: Int = -1) -> Tensor { .make { ct_flatten(handle, start, end, $0) } }

  /// Inserts a dimension of size 1.
  public func unsqueeze(_ dimension: Int) -> Tensor { .make { ct_unsqueeze(handle, dimension, $0) } }

  /// Removes a dimension of size 1.
  public func squeeze(_ dimension: Int) -> Tensor { .make { ct_squeeze(handle, dimension, $0) } }

  /// Splits along a dimension into parts of the given sizes.
  public func split(_ sizes: [Int], dimension: Int = 1) -> [Tensor] {
    var out = [ct_tensor?](repeating: nil, count: sizes.count)
    check(ct_split(handle, sizes, sizes.count, dimension, &out))
    return out.map(Tensor.init(owning:))
  }

  /// Splits along a dimension into `count` equal parts.
  public func chunk(_ count: Int, dimension: Int = 1) -> [Tensor] {
    let size = size(dimension)
    precondition(size % count == 0, "a dimension of size \(size) does not split into \(count) equal parts")
    return split([Int](repeating: size / count, count: count), dimension: dimension)
  }

  /// The elements `range` of a dimension.
  public func slice(_ range: Range<Int>, dimension: Int, step: Int = 1) -> Tensor {
    .make { ct_slice(handle, dimension, range.lowerBound, range.upperBound, step, $0) }
  }

  /// One position along a dimension, which goes away.
  public func select(_ index: Int, dimension: Int) -> Tensor { .make { ct_select(handle, dimension, index, $0) } }

  /// The positions along a dimension that an integer tensor of one dimension names.
  public func indexSelect(_ indices: Tensor, dimension: Int) -> Tensor {
    .make { ct_index_select(handle, dimension, indices.handle, $0) }
  }

  /// Reverses the order along dimensions.
  public func flip(_ dimensions: [Int]) -> Tensor { .make { ct_flip(handle, dimensions, dimensions.count, $0) } }

  /// Pads an image: [..., H, W] in, [..., top + H + bottom, left + W + right] out.
  public func pad(left: Int = 0, right: Int = 0, top: Int = 0, bottom: Int = 0, value: Double = 0) -> Tensor {
    .make { ct_pad_constant(handle, [left, right, top, bottom], 4, value, $0) }
  }
}

/// Joins tensors along an existing dimension: for images, their channels.
public func cat(_ tensors: [Tensor], dimension: Int = 1) -> Tensor {
  withHandles(tensors) { handles in .make { ct_cat(handles[0], tensors.count, dimension, $0) } }
}

/// Joins tensors of one shape along a new dimension.
public func stack(_ tensors: [Tensor], dimension: Int = 0) -> Tensor {
  withHandles(tensors) { handles in .make { ct_stack(handles[0], tensors.count, dimension, $0) } }
}
