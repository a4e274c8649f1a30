import CTorch

// Tensors broadcast as in libtorch. Comparisons yield booleans.
extension Tensor {
  public static func + (a: Tensor, b: Tensor) -> Tensor { .make { ct_add(a.handle, b.handle, $0) } }
  public static func - (a: Tensor, b: Tensor) -> Tensor { .make { ct_sub(a.handle, b.handle, $0) } }
  public static func * (a: Tensor, b: Tensor) -> Tensor { .make { ct_mul(a.handle, b.handle, $0) } }
  public static func / (a: Tensor, b: Tensor) -> Tensor { .make { ct_div(a.handle, b.handle, $0) } }
  public static func + (a: Tensor, b: Double) -> Tensor { .make { ct_add_scalar(a.handle, b, $0) } }
  public static func - (a: Tensor, b: Double) -> Tensor { .make { ct_add_scalar(a.handle, -b, $0) } }
  public static func * (a: Tensor, b: Double) -> Tensor { .make { ct_mul_scalar(a.handle, b, $0) } }
  public static func / (a: Tensor, b: Double) -> Tensor { .make { ct_div_scalar(a.handle, b, $0) } }
  public static func + (a: Double, b: Tensor) -> Tensor { b + a }
  public static func * (a: Double, b: Tensor) -> Tensor { b * a }
  public static func - (a: Double, b: Tensor) -> Tensor { .make { ct_rsub_scalar(b.handle, a, $0) } }
  public static prefix func - (x: Tensor) -> Tensor { .make { ct_neg(x.handle, $0) } }

  public func matmul(_ other: Tensor) -> Tensor { .make { ct_matmul(handle, other.handle, $0) } }
  public func pow(_ exponent: Double) -> Tensor { .make { ct_pow_scalar(handle, exponent, $0) } }
  public func abs() -> Tensor { .make { ct_abs(handle, $0) } }
  public func exp() -> Tensor { .make { ct_exp(handle, $0) } }
  public func log() -> Tensor { .make { ct_log(handle, $0) } }
  public func sqrt() -> Tensor { .make { ct_sqrt(handle, $0) } }
  public func reciprocal() -> Tensor { .make { ct_reciprocal(handle, $0) } }
  public func round() -> Tensor { .make { ct_round(handle, $0) } }
  public func floor() -> Tensor { .make { ct_floor(handle, $0) } }

  /// Limits elements to the bounds given.
  public func clamp(min: Double? = nil, max: Double? = nil) -> Tensor {
    .make { out in
      withOptionalPointer(min) { lower in withOptionalPointer(max) { ct_clamp(handle, lower, $0, out) } }
    }
  }

  public func addInPlace(_ other: Tensor, scale: Double = 1) { check(ct_add_(handle, other.handle, scale)) }
  public func multiplyInPlace(_ other: Tensor) { check(ct_mul_(handle, other.handle)) }
  public func addInPlace(_ value: Double) { check(ct_add_scalar_(handle, value)) }
  public func multiplyInPlace(_ value: Double) { check(ct_mul_scalar_(handle, value)) }
  public func fillInPlace(_ value: Double) { check(ct_fill_(handle, value)) }
  public func zeroInPlace() { fillInPlace(0) }
  public func maskedFillInPlace(_ mask: Tensor, _ value: Double) { check(ct_masked_fill_(handle, mask.handle, value)) }
  /// Uniform random numbers on [lower, upper).
  public func uniformInPlace(_ lower: Double, _ upper: Double) { check(ct_uniform_(handle, lower, upper)) }
  public func normalInPlace(mean: Double, std: Double) { check(ct_normal_(handle, mean, std)) }

  public static func .== (a: Tensor, b: Tensor) -> Tensor { .make { ct_eq(a.handle, b.handle, $0) } }
  public static func .== (a: Tensor, b: Double) -> Tensor { .make { ct_eq_scalar(a.handle, b, $0) } }
  public static func .!= (a: Tensor, b: Double) -> Tensor { .make { ct_ne_scalar(a.handle, b, $0) } }
  public static func .< (a: Tensor, b: Double) -> Tensor { .make { ct_lt_scalar(a.handle, b, $0) } }
  public static func .<= (a: Tensor, b: Double) -> Tensor { .make { ct_le_scalar(a.handle, b, $0) } }
  public static func .> (a: Tensor, b: Double) -> Tensor { .make { ct_gt_scalar(a.handle, b, $0) } }
  public static func .>= (a: Tensor, b: Double) -> Tensor { .make { ct_ge_scalar(a.handle, b, $0) } }
  public static func .& (a: Tensor, b: Tensor) -> Tensor { .make { ct_logical_and(a.handle, b.handle, $0) } }
  public static func .| (a: Tensor, b: Tensor) -> Tensor { .make { ct_logical_or(a.handle, b.handle, $0) } }
  public func logicalNot() -> Tensor { .make { ct_logical_not(handle, $0) } }
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

/// Elements of `a` where `condition` is true, of `b` elsewhere.
public func `where`(_ condition: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
  .make { ct_where(condition.handle, a.handle, b.handle, $0) }
}

public func minimum(_ a: Tensor, _ b: Tensor) -> Tensor { .make { ct_minimum(a.handle, b.handle, $0) } }
public func maximum(_ a: Tensor, _ b: Tensor) -> Tensor { .make { ct_maximum(a.handle, b.handle, $0) } }

func withOptionalPointer<Value, Result>(_ value: Value?, _ body: (UnsafePointer<Value>?) -> Result) -> Result {
  guard let value else { return body(nil) }
  return withUnsafePointer(to: value) { body($0) }
}
