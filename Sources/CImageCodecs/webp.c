#include <stdlib.h>
#include <string.h>
#include <webp/decode.h>

#include "codecs.h"

static uint32_t read_size(const uint8_t *bytes) {
  return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

// The orientation in the EXIF chunk; 1 if there is none.
static int orientation(const uint8_t *data, size_t size) {
  for (size_t at = 12; size >= 8 && at <= size - 8;) {
    size_t length = read_size(data + at + 4);
    if (length > size - at - 8) break;
    if (memcmp(data + at, "EXIF", 4) == 0) {
      int found = ci_exif_orientation(data + at + 8, length);
      return found ? found : 1;
    }
    at += 8 + length;
    if (length % 2 && at < size) at++;
  }
  return 1;
}

static bool read_features(const uint8_t *data, size_t size, WebPBitstreamFeatures *features, char *error) {
  VP8StatusCode status = WebPGetFeatures(data, size, features);
  if (status == VP8_STATUS_NOT_ENOUGH_DATA) return ci_fail(error, "the file is truncated");
  if (status != VP8_STATUS_OK) return ci_fail(error, "the WebP header is damaged");
  if (features->has_animation) return ci_fail(error, "the WebP is an animation: save its frames as images");
  return ci_check_size((unsigned long)features->width, (unsigned long)features->height, error);
}

bool ci_webp_info(const uint8_t *data, size_t size, ci_info *out, char *error) {
  WebPBitstreamFeatures features;
  if (!read_features(data, size, &features, error)) return false;
  enum { lossless = 2 };
  *out = (ci_info){
      .format = CI_WEBP,
      .width = features.width,
      .height = features.height,
      .channels = features.has_alpha ? 4 : 3,
      .bit_depth = 8,
      .kind = CI_UINT8,
      .planes = 3,
      .is_lossy = features.format != lossless,
      .orientation = orientation(data, size),
  };
  return true;
}

static bool write_values(const uint8_t *colors, ci_layout layout, int width, int rows, uint8_t *pixels, char *error) {
  for (size_t i = 0; i < (size_t)width * (size_t)rows; i++, colors += 3) {
    if (colors[0] != colors[1] || colors[0] != colors[2])
      return ci_fail(error, "a color image where a mask with one value in each pixel was expected");
    uint16_t wide = colors[0];
    if (layout == CI_VALUES)
      pixels[i] = colors[0];
    else
      memcpy(pixels + 2 * i, &wide, 2);
  }
  return true;
}

bool ci_webp_decode(const uint8_t *data, size_t size, ci_layout layout, int first_row, int rows, uint8_t *pixels,
                    char *error) {
  ci_info info;
  if (!ci_webp_info(data, size, &info, error)) return false;
  if (layout != CI_RGB && info.is_lossy)
    return ci_fail(error, "is a WebP whose compression changes values; save masks as PNG");
  if (first_row < 0 || rows < 0 || first_row > info.height - rows)
    return ci_fail(error, "rows outside the image were asked for");
  // Files with loss mix the colors of neighboring rows, so that a part of them would differ from the whole.
  size_t row_bytes = (size_t)info.width * 3, count = row_bytes * (size_t)info.height;
  bool is_direct = layout == CI_RGB && rows == info.height;
  uint8_t *colors = is_direct ? pixels : malloc(count);
  if (!colors) return ci_fail(error, "out of memory");
  bool is_good = WebPDecodeRGBInto(data, size, colors, count, (int)row_bytes) != NULL;
  if (!is_good) ci_fail(error, "the WebP is truncated or damaged");
  const uint8_t *first = colors + row_bytes * (size_t)first_row;
  if (is_good && !is_direct) {
    if (layout == CI_RGB)
      memcpy(pixels, first, row_bytes * (size_t)rows);
    else
      is_good = write_values(first, layout, info.width, rows, pixels, error);
  }
  if (!is_direct) free(colors);
  return is_good;
}
