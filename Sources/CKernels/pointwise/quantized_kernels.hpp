// Arithmetic on quantized maps; vectors run over channels. There is no include guard.

#include "pointwise/elementwise_kernels.hpp"

/// The factor and the addend that turn a float into a byte.
struct Requantize {
  float scale = 1, shift = 0;
  explicit Requantize(const ck_quantization *quantization) {
    if (quantization) scale = 1 / quantization->scale, shift = float(quantization->zero);
  }
};

template <typename From, typename To>
CK_NOINLINE void affine_quantized_run(const From *from, To *to, int count, const AffineTables &tables, Requantize out) {
  each_vector(count, [&](int c, int valid) __attribute__((always_inline)) {
    Float value = fma(load_some(from + c, valid), load<kLanes>(tables.scale + c), load<kLanes>(tables.shift + c));
    if (tables.kind != CK_IDENTITY) {
      value = activate(tables.kind, tables.a, tables.b, load<kLanes>(tables.slopes + c), value);
    }
    store_some(to + c, fma(value, splat<kLanes>(out.scale), splat<kLanes>(out.shift)), valid);
  });
}

template <typename From, typename To>
void affine_quantized(ck_pool *pool, const ck_map &in_map, const ck_quantization *in_quantization, const ck_map &out_map,
                      const ck_quantization *out_quantization, const float *scale, const float *shift,
                      const ck_activation &activation) {
  View<const From> in(in_map);
  View<To> out(out_map);
  // If channels need no values of their own, dense rows are processed whole; otherwise some pixels at a time.
  bool is_dense = in.pixel == in.channels && out.pixel == in.channels;
  bool is_uniform = !scale && !shift && activation.kind != CK_PRELU;
  int group = is_dense && (is_uniform || in.channels % kLanes) ? kLanes : 1;
  if (is_dense && is_uniform) group = divide_up(256, in.channels);
  int run = in.channels * group, line = divide_up(run, kLanes) * kLanes;
  auto *values = static_cast<float *>(shared_scratch(pool, size_t(3) * line * sizeof(float)));
  AffineTables tables{values, values + line, values + 2 * line, activation.kind, activation.a, activation.b};
  float in_scale = in_quantization ? in_quantization->scale : 1;
  float in_shift = in_quantization ? -in_scale * in_quantization->zero : 0;
  for (int i = 0; i < line; ++i) {
    int c = i % in.channels;
    float factor = scale ? scale[c] : 1;
    values[i] = factor * in_scale;
    values[line + i] = factor * in_shift + (shift ? shift[c] : 0);
    values[2 * line + i] = activation.kind == CK_PRELU ? activation.slopes[c] : 0;
  }
  Requantize to(out_quantization);
  int pieces = piece_count(pool, out.height, double(out.height) * out.width * (out.channels * 0.12 + 1));
  parallel(pool, pieces, [&](int32_t index, int32_t) {
    int last = int(int64_t(index + 1) * out.height / pieces);
    for (int y = int(int64_t(index) * out.height / pieces); y < last; ++y) {
      for (int x = 0; x < out.width; x += group) {
        affine_quantized_run(in.at(y, x), out.at(y, x), std::min(group, out.width - x) * in.channels, tables, to);
      }
    }
  });
}

template <typename From>
void affine_quantized_from(ck_pool *pool, const ck_map &in, const ck_quantization *in_quantization, const ck_map &out,
                           const ck_quantization *out_quantization, const float *scale, const float *shift,
                           const ck_activation &activation) {
  auto run = [&]<typename To>(To) {
    affine_quantized<From, To>(pool, in, in_quantization, out, out_quantization, scale, shift, activation);
  };
  switch (out.type) {
    case CK_FLOAT32: return run(float());
    case CK_BFLOAT16: return run(bf16());
    case CK_UINT8: return run(uint8_t());
  }
}

template <ck_operator Op>
CK_NOINLINE void binary_quantized_row(const Operand<uint8_t> &a, const uint8_t *from_a, ck_quantization qa,
                                      const Operand<uint8_t> &b, const uint8_t *from_b, ck_quantization qb, uint8_t *out,
                                      int64_t out_pixel, int width, int channels, const ck_activation &activation,
                                      Requantize to) {
  Float scale_a = splat<kLanes>(qa.scale), shift_a = splat<kLanes>(-qa.scale * qa.zero);
  Float scale_b = splat<kLanes>(qb.scale), shift_b = splat<kLanes>(-qb.scale * qb.zero);
  for (int x = 0; x < width; ++x, from_a += a.pixel, from_b += b.pixel, out += out_pixel) {
    each_vector(channels, [&](int c, int count) __attribute__((always_inline)) {
      Float value = operate<Op>(fma(a.get(from_a, c, count), scale_a, shift_a),
                                fma(b.get(from_b, c, count), scale_b, shift_b));
      if (activation.kind == CK_RELU) {
        value = vmax(value, splat<kLanes>(0));
      } else if (activation.kind != CK_IDENTITY) {
        Float slope = activation.kind == CK_PRELU ? load<kLanes>(activation.slopes + c, count) : splat<kLanes>(0);
        value = activate(activation.kind, activation.a, activation.b, slope, value);
      }
      store_some(out + c, fma(value, splat<kLanes>(to.scale), splat<kLanes>(to.shift)), count);
    });
  }
}

template <ck_operator Op>
void binary_quantized_map(ck_pool *pool, const ck_map &a_map, ck_quantization qa, const ck_map &b_map, ck_quantization qb,
                          const ck_map &out_map, const ck_quantization *out_quantization,
                          const ck_activation &activation) {
  Operand<uint8_t> a(a_map, out_map), b(b_map, out_map);
  View<uint8_t> out(out_map);
  int width = out.width, channels = out.channels;
  auto is_dense = [&](const ck_map &map) { return map.pixel == channels && map.width == width; };
  if (is_dense(a_map) && is_dense(b_map) && is_dense(out_map) && !a.is_scalar && !b.is_scalar &&
      activation.kind != CK_PRELU) {
    channels *= width;
    width = 1;
  }
  Requantize to(out_quantization);
  int pieces = piece_count(pool, out.height, double(out.height) * out.width * (out.channels * 0.12 + 1));
  parallel(pool, pieces, [&](int32_t index, int32_t) {
    int last = int(int64_t(index + 1) * out.height / pieces);
    for (int y = int(int64_t(index) * out.height / pieces); y < last; ++y) {
      binary_quantized_row<Op>(a, a.data + y * a.row, qa, b, b.data + y * b.row, qb, out.at(y, 0), out.pixel, width,
                           channels, activation, to);
    }
  });
}

inline void binary_quantized(ck_pool *pool, ck_operator op, const ck_map &a, ck_quantization qa, const ck_map &b,
                             ck_quantization qb, const ck_map &out, const ck_quantization *to,
                             const ck_activation &activation) {
  switch (op) {
    case CK_ADD: return binary_quantized_map<CK_ADD>(pool, a, qa, b, qb, out, to, activation);
    case CK_SUBTRACT: return binary_quantized_map<CK_SUBTRACT>(pool, a, qa, b, qb, out, to, activation);
    case CK_MULTIPLY: return binary_quantized_map<CK_MULTIPLY>(pool, a, qa, b, qb, out, to, activation);
    case CK_DIVIDE: return binary_quantized_map<CK_DIVIDE>(pool, a, qa, b, qb, out, to, activation);
    case CK_MAXIMUM: return binary_quantized_map<CK_MAXIMUM>(pool, a, qa, b, qb, out, to, activation);
    case CK_MINIMUM: return binary_quantized_map<CK_MINIMUM>(pool, a, qa, b, qb, out, to, activation);
  }
}
