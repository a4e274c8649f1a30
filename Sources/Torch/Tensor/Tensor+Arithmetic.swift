import CTorch

// Tensors broadcast as in libtorch. Comparisons yield booleans.
extension Tensor {
  /// The sum, element by element. Shapes broadcast.
  public static func + (a: Tensor, b: Tensor) -> Tensor { .make { ct_add(a.handle, b.handle, $0) } }
  /// The difference, element by element. Shapes broadcast.
  public static func - (a: Tensor, b: Tensor) -> Tensor { .make { ct_sub(a.handle, b.handle, $0) } }
  /// The product, element by element. Shapes broadcast; `matmul(_:)` multiplies matrices.
  public static func * (a: Tensor, b: Tensor) -> Tensor { .make { ct_mul(a.handle, b.handle, $0) } }
  /// The quotient, element by element. Shapes broadcast.
  public static func / (a: Tensor, b: Tensor) -> Tensor { .make { ct_div(a.handle, b.handle, $0) } }
  /// Adds a number to each element.
  public static func + (a: Tensor, b: Double) -> Tensor { .make { ct_add_scalar(a.handle, b, $0) } }
  /// Subtracts a number from each element.
  public static func - (a: Tensor, b: Double) -> Tensor { .make { ct_add_scalar(a.handle, -b, $0) } }
  /// Multiplies each element by a number.
  public static func * (a: Tensor, b: Double) -> Tensor { .make { ct_mul_scalar(a.handle, b, $0) } }
  /// Divides each element by a number.
  public static func / (a: Tensor, b: Double) -> Tensor { .make { ct_div_scalar(a.handle, b, $0) } }
  /// Adds each element to a number.
  public static func + (a: Double, b: Tensor) -> Tensor { b + a }
  /// Multiplies a number by each element.
  public static func * (a: Double, b: Tensor) -> Tensor { b * a }
  /// Subtracts each element from a number.
  public static func - (a: Double, b: Tensor) -> Tensor { .make { ct_rsub_scalar(b.handle, a, $0) } }
  /// The negative of each element.
  public static prefix func - (x: Tensor) -> Tensor { .make { ct_neg(x.handle, $0) } }

  /// The product of matrices over the last two dimensions: [..., n, k] times [..., k, m] is [..., n, m]. The dimensions
  /// before them broadcast.
  public func matmul(_ other: Tensor) -> Tensor { .make { ct_matmul(handle, other.handle, $0) } }
  /// Each element to the power of `exponent`.
  public func pow(_ exponent: Double) -> Tensor { .make { ct_pow_scalar(handle, exponent, $0) } }
  /// The absolute value of each element.
  public func abs() -> Tensor { .make { ct_abs(handle, $0) } }
  /// e to the power of each element.
  public func exp() -> Tensor { .make { ct_exp(handle, $0) } }
  /// The natural logarithm of each element.
  public func log() -> Tensor { .make { ct_log(handle, $0) } }
  /// The square root of each element.
  public func sqrt() -> Tensor { .make { ct_sqrt(handle, $0) } }
  /// 1 divided by each element.
  public func reciprocal() -> Tensor { .make { ct_reciprocal(handle, $0) } }
  /// Each element rounded to the nearest whole number, halves to the even one.
  public func round() -> Tensor { .make { ct_round(handle, $0) } }
  /// The largest whole number that is not above each element.
  public func floor() -> Tensor { .make { ct_floor(handle, $0) } }

  /// Limits elements to the bounds given.
  public func clamp(min: Double? = nil, max: Double? = nil) -> Tensor {
    .make { out in
      withOptionalPointer(min) { lower in withOptionalPointer(max) { ct_clamp(handle, lower, $0, out) } }
    }
  }

  /// Adds `other · scale` to the elements. `other` broadcasts to this shape.
  public func addInPlace(_ other: Tensor, scale: Double = 1) { check(ct_add_(handle, other.handle, scale)) }
  /// Multiplies the elements by those of `other`, which broadcasts to this shape.
  public func multiplyInPlace(_ other: Tensor) { check(ct_mul_(handle, other.handle)) }
  /// Adds a number to each element.
  public func addInPlace(_ value: Double) { check(ct_add_scalar_(handle, value)) }
  /// Multiplies each element by a number.
  public func multiplyInPlace(_ value: Double) { check(ct_mul_scalar_(handle, value)) }
  /// Makes all elements one number.
  public func fillInPlace(_ value: Double) { check(ct_fill_(handle, value)) }
  /// Makes all elements 0.
  public func zeroInPlace() { fillInPlace(0) }
  /// Makes the elements one number where `mask` is true. `mask` has booleans and broadcasts to this shape.
  public func maskedFillInPlace(_ mask: Tensor, _ value: Double) { check(ct_masked_fill_(handle, mask.handle, value)) }
  /// Moves the elements towards `other` by the share `weight`.
  public func lerpInPlace(_ other: Tensor, weight: Double) { check(ct_lerp_(handle, other.handle, weight)) }
  /// Uniform random numbers on [lower, upper).
  public func uniformInPlace(_ lower: Double, _ upper: Double) { check(ct_uniform_(handle, lower, upper)) }
  /// Draws the elements anew from a normal distribution.
  public func normalInPlace(mean: Double, std: Double) { check(ct_normal_(handle, mean, std)) }

  /// Whether elements are equal: booleans. Shapes broadcast.
  public static func .== (a: Tensor, b: Tensor) -> Tensor { .make { ct_eq(a.handle, b.handle, $0) } }
  /// Whether each element equals a number: booleans.
  public static func .== (a: Tensor, b: Double) -> Tensor { .make { ct_eq_scalar(a.handle, b, $0) } }
  /// Whether each element differs from a number: booleans.
  public static func .!= (a: Tensor, b: Double) -> Tensor { .make { ct_ne_scalar(a.handle, b, $0) } }
  /// Whether each element is less than a number: booleans.
  public static func .< (a: Tensor, b: Double) -> Tensor { .make { ct_lt_scalar(a.handle, b, $0) } }
  /// Whether each element is at most a number: booleans.
  public static func .<= (a: Tensor, b: Double) -> Tensor { .make { ct_le_scalar(a.handle, b, $0) } }
  /// Whether each element is greater than a number: booleans.
  public static func .> (a: Tensor, b: Double) -> Tensor { .make { ct_gt_scalar(a.handle, b, $0) } }
  /// Whether each element is at least a number: booleans.
  public static func .>= (a: Tensor, b: Double) -> Tensor { .make { ct_ge_scalar(a.handle, b, $0) } }
  /// Whether both elements are true, or not 0. Shapes broadcast.
  public static func .& (a: Tensor, b: Tensor) -> Tensor { .make { ct_logical_and(a.handle, b.handle, $0) } }
  /// Whether one element or both are true, or not 0. Shapes broadcast.
  public static func .| (a: Tensor, b: Tensor) -> Tensor { .make { ct_logical_or(a.handle, b.handle, $0) } }
  /// Whether each element is false, or 0.
  public func logicalNot() -> Tensor { .make { ct_logical_not(handle, $0) } }
  /// Whether each element is neither infinite nor not a number: booleans.
  public func isFinite() -> Tensor { .make { ct_isfinite(handle, $0) } }

  /// The elements where `mask` is true, as one dimension.
  public func masked(by mask: Tensor) -> Tensor { .make { ct_masked_select(handle, mask.handle, $0) } }

  /// Whether shapes and all elements are equal.
  public func equals(_ other: Tensor) -> Bool {
    var out = false
    check(ct_equal(handle, other.handle, &out))
    return out
  }
}

/// The elements of `a` if `condition` is true, and those of `b` otherwise, place by place. Shapes broadcast.
public func `where`(_ condition: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
  .make { ct_where(condition.handle, a.handle, b.handle, $0) }
}

/// The smaller of two elements, place by place. Shapes broadcast.
public func minimum(_ a: Tensor, _ b: Tensor) -> Tensor { .make { ct_minimum(a.handle, b.handle, $0) } }
/// The larger of two elements, place by place. Shapes broadcast.
public func maximum(_ a: Tensor, _ b: Tensor) -> Tensor { .make { ct_maximum(a.handle, b.handle, $0) } }

func withOptionalPointer<Value, Result>(_ value: Value?, _ body: (UnsafePointer<Value>?) -> Result) -> Result {
  guard let value else { return body(nil) }
  return withUnsafePointer(to: value) { body($0) }
}
