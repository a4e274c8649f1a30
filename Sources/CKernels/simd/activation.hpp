// Activation functions of a vector. There is no include guard: the file is included once in each namespace.

/// Computes exp(x) with a relative error of about 1e-7. x is clamped to -87 ... 88.
template <typename V>
CK_INLINE V exponential(V x) {
  constexpr int N = sizeof(V) / 4;
  x = vmin(vmax(x, splat<N>(-87.0f)), splat<N>(88.0f));
  // Adding 1.5 * 2^23 rounds to an integer in the low bits.
  constexpr float magic = 12582912.0f;
  V shifted = fma(x, splat<N>(1.44269504f), splat<N>(magic));
  V n = shifted - magic;
  V r = fma(n, splat<N>(-0.693359375f), x);
  r = fma(n, splat<N>(2.12194440e-4f), r);
  V p = fma(r, splat<N>(1.0f / 720), splat<N>(1.0f / 120));
  p = fma(p, r, splat<N>(1.0f / 24));
  p = fma(p, r, splat<N>(1.0f / 6));
  p = fma(p, r, splat<N>(0.5f));
  p = fma(p, r, splat<N>(1.0f));
  p = fma(p, r, splat<N>(1.0f));
  return bit_cast<V>(bit_cast<IntN<N>>(p) + (bit_cast<IntN<N>>(shifted) << 23));
}

template <typename V>
CK_INLINE V sigmoid(V x) {
  constexpr int N = sizeof(V) / 4;
  return reciprocal(splat<N>(1.0f) + exponential(-x));
}

template <typename V>
CK_INLINE V hyperbolic_tangent(V x) {
  constexpr int N = sizeof(V) / 4;
  V large = 1.0f - 2.0f / (splat<N>(1.0f) + exponential(2.0f * x));
  // Near zero the difference above loses digits, so the series up to x^7 is used there.
  V s = x * x;
  V p = fma(s, splat<N>(-17.0f / 315), splat<N>(2.0f / 15));
  p = fma(p, s, splat<N>(-1.0f / 3));
  V small = fma(p * s, x, x);
  return s < 0.04f ? small : large;
}

/// Computes x / 2 * (1 + erf(x / sqrt(2))) as max(x, 0) - g(|x|) with g(x) = x / 2 * erfc(x / sqrt(2)). The
/// complementary error function is close to the power -8 of a polynomial, as in Abramowitz and Stegun 7.1.28. The
/// coefficients were fitted so that the largest error of g is as small as possible; it is 5e-8.
template <typename V>
CK_INLINE V gelu(V x) {
  constexpr int N = sizeof(V) / 4;
  V z = vmin(vmax(x, -x), splat<N>(10.0f));
  V p = fma(z, splat<N>(2.932473355e-6f), splat<N>(-1.674702514e-5f));
  p = fma(p, z, splat<N>(9.758156023e-5f));
  p = fma(p, z, splat<N>(1.113512361e-4f));
  p = fma(p, z, splat<N>(9.806627813e-4f));
  p = fma(p, z, splat<N>(8.591630288e-3f));
  p = fma(p, z, splat<N>(4.478880230e-2f));
  p = fma(p, z, splat<N>(9.973249511e-2f));
  p = fma(p, z, splat<N>(1.0f));
  p = p * p;
  p = p * p;
  // The order of the maximum's arguments keeps NaN.
  return vmax(splat<N>(0.0f), x) - 0.5f * z * reciprocal(p * p);
}

/// Computes x / 2 * (1 + tanh(z)) as x * sigmoid(2 * z) with z = sqrt(2 / pi) * (x + 0.044715 * x^3).
template <typename V>
CK_INLINE V gelu_tanh(V x) {
  constexpr int N = sizeof(V) / 4;
  V z = x * fma(x * x, splat<N>(0.044715f), splat<N>(1.0f));
  return x * sigmoid(1.59576912f * z);
}

/// Applies an activation function. `slope` is used only for CK_PRELU.
template <typename V>
CK_INLINE V activate(ck_activation_kind kind, float a, float b, V slope, V x) {
  constexpr int N = sizeof(V) / 4;
  V zero = splat<N>(0.0f);
  switch (kind) {
    case CK_IDENTITY: return x;
    case CK_RELU: return vmax(x, zero);
    case CK_CLIP: return vmin(vmax(x, splat<N>(a)), splat<N>(b));
    case CK_LEAKY_RELU: return x > 0.0f ? x : a * x;
    case CK_PRELU: return x > 0.0f ? x : slope * x;
    case CK_SIGMOID: return sigmoid(x);
    case CK_TANH: return hyperbolic_tangent(x);
    case CK_SILU: return x * sigmoid(x);
    case CK_HARD_SIGMOID: return vmin(vmax(x + 3.0f, zero), splat<N>(6.0f)) * (1.0f / 6);
    case CK_HARD_SWISH: return x * vmin(vmax(x + 3.0f, zero), splat<N>(6.0f)) * (1.0f / 6);
    case CK_ELU: return x > 0.0f ? x : a * (exponential(x) - 1.0f);
    case CK_SELU: return 1.05070098f * (x > 0.0f ? x : 1.67326324f * (exponential(x) - 1.0f));
    case CK_GELU: return gelu(x);
    case CK_GELU_TANH: return gelu_tanh(x);
  }
  return x;
}
