#include <atomic>
#include <utility>

#include "core/shared.hpp"

#define CK_KERNELS "pooling/pooling_kernels.hpp"
#include "simd/foreach_isa.hpp"

static void check_pooling(const char *name, const ck_map *in, const ck_map *out, bool may_widen = false) {
  ck::check_map(in, name);
  ck::check_map(out, name);
  if (in->channels != out->channels || (in->type != out->type && !(may_widen && in->type == CK_UINT8))) {
    ck::fail("%s: %d channels of type %d to %d of type %d", name, in->channels, int(in->type), out->channels,
             int(out->type));
  }
}

static void check_window(const char *name, const ck_map *in, const ck_map *out, const ck_window &w) {
  check_pooling(name, in, out);
  if (w.kernel_height < 1 || w.kernel_width < 1 || w.stride_height < 1 || w.stride_width < 1 || w.dilation_height < 1 ||
      w.dilation_width < 1 || w.pad_top < 0 || w.pad_left < 0) {
    ck::fail("%s: kernel, stride and dilation are at least 1, padding at least 0", name);
  }
  if (w.rows.begin < 0 || w.rows.begin > w.rows.end || w.rows.end > out->height) {
    ck::fail("%s: rows %d ..< %d of %d", name, w.rows.begin, w.rows.end, out->height);
  }
  if ((out->height - 1) * w.stride_height - w.pad_top >= in->height ||
      (out->width - 1) * w.stride_width - w.pad_left >= in->width || w.pad_top >= w.kernel_height * w.dilation_height ||
      w.pad_left >= w.kernel_width * w.dilation_width) {
    ck::fail("%s: a window of an output of %dx%d lies outside the input of %dx%d", name, out->height, out->width,
             in->height, in->width);
  }
}

extern "C" bool ck_max_pool(ck_pool *pool, const ck_map *in, const ck_map *out, const ck_window *window,
                            int32_t *indices) {
  return ck::guard([&] {
    check_window("max pooling", in, out, *window);
    CK_BY_ANY_TYPE(*in, pool_map, pool, *in, *out, window, true, indices);
  });
}

extern "C" bool ck_average_pool(ck_pool *pool, const ck_map *in, const ck_map *out, const ck_window *window) {
  return ck::guard([&] {
    check_window("average pooling", in, out, *window);
    if (window->dilation_height != 1 || window->dilation_width != 1) ck::fail("average pooling: dilation");
    CK_BY_ANY_TYPE(*in, pool_map, pool, *in, *out, window, false, nullptr);
  });
}

extern "C" bool ck_adaptive_average_pool(ck_pool *pool, const ck_map *in, const ck_map *out) {
  return ck::guard([&] {
    check_pooling("adaptive average pooling", in, out, true);
    bool is_mean = out->height == 1 && out->width == 1;
    if (in->type == out->type) {
      if (is_mean) return CK_BY_ANY_TYPE(*in, global_mean, pool, *in, *out);
      return CK_BY_ANY_TYPE(*in, pool_map, pool, *in, *out, nullptr, false, nullptr);
    }
    if (is_mean) return CK_BY_TYPE(*out, global_mean_of_quantized, pool, *in, *out);
    CK_BY_TYPE(*out, pool_bytes, pool, *in, *out);
  });
}

extern "C" bool ck_adaptive_max_pool(ck_pool *pool, const ck_map *in, const ck_map *out) {
  return ck::guard([&] {
    check_pooling("adaptive max pooling", in, out);
    CK_BY_ANY_TYPE(*in, pool_map, pool, *in, *out, nullptr, true, nullptr);
  });
}

extern "C" bool ck_max_unpool(ck_pool *pool, const ck_map *in, const ck_map *out, const int32_t *indices) {
  return ck::guard([&] {
    check_pooling("max unpooling", in, out);
    if (!indices) ck::fail("max unpooling: no indices");
    if (in->type == CK_UINT8) ck::fail("max unpooling: bytes without their zero");
    CK_BY_TYPE(*in, max_unpool, pool, *in, *out, indices, 0);
  });
}

extern "C" bool ck_max_unpool_quantized(ck_pool *pool, const ck_map *in, const ck_map *out, const int32_t *indices,
                                        uint8_t zero) {
  return ck::guard([&] {
    check_pooling("max unpooling", in, out);
    if (!indices) ck::fail("max unpooling: no indices");
    if (in->type != CK_UINT8) ck::fail("max unpooling: maps of element type %d, expected bytes", int(in->type));
    CK_DISPATCH(max_unpool<uint8_t>)(pool, *in, *out, indices, zero);
  });
}
