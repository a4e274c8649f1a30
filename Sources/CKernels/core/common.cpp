#include "core/common.hpp"

#include <algorithm>
#include <cstdio>

#include "core/tuning.hpp"

namespace ck {

static thread_local char last_error[512];
static thread_local size_t last_error_bytes;

void set_last_error(const char *message, size_t bytes) {
  std::snprintf(last_error, sizeof last_error, "%s", message);
  last_error_bytes = bytes;
}

void fail(const char *format, ...) {
  char message[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  throw std::runtime_error(message);
}

int32_t piece_count(ck_pool *pool, int64_t items, double nanoseconds) {
  int32_t threads = ck_pool_threads(pool);
  if (threads == 1 || items <= 1) return 1;
  double wanted = std::min(nanoseconds / tuning::kPieceCost, threads * tuning::kPiecesOfThread);
  return static_cast<int32_t>(std::max<int64_t>(1, std::min<int64_t>(items, static_cast<int64_t>(wanted))));
}

size_t element_size(ck_type type) {
  switch (type) {
    case CK_FLOAT32: return 4;
    case CK_BFLOAT16: return 2;
    case CK_UINT8: return 1;
  }
  fail("unknown element type %d", static_cast<int>(type));
}

void check_map(const ck_map *map, const char *name) {
  if (!map || !map->data) fail("%s: no map", name);
  element_size(map->type);
  if (map->height < 1 || map->width < 1 || map->channels < 1) {
    fail("%s: a size of %dx%dx%d", name, map->height, map->width, map->channels);
  }
  if (map->pixel < map->channels || map->row < map->pixel * (map->width - 1) + map->channels) {
    fail("%s: strides of %lld and %lld for %d pixels of %d channels", name, static_cast<long long>(map->row),
         static_cast<long long>(map->pixel), map->width, map->channels);
  }
}

void check_map(const ck_map *map, const char *name, int32_t height, int32_t width, int32_t channels, ck_type type) {
  check_map(map, name);
  if (map->height != height || map->width != width || map->channels != channels) {
    fail("%s: expected %dx%dx%d, found %dx%dx%d", name, height, width, channels, map->height, map->width,
         map->channels);
  }
  if (map->type != type) fail("%s: expected element type %d, found %d", name, int(type), int(map->type));
}

void check_quantization(const char *name, ck_type type, const ck_quantization &quantization) {
  element_size(type);
  if (type != CK_UINT8) return;
  if (!(quantization.scale > 0) || quantization.zero < 0 || quantization.zero > 255) {
    fail("%s: bytes with a scale of %g and a zero of %d", name, double(quantization.scale), quantization.zero);
  }
}

}  // namespace ck

extern "C" const char *ck_last_error(void) { return ck::last_error; }
extern "C" size_t ck_last_error_bytes(void) { return ck::last_error_bytes; }
