#include "codecs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool ci_fail(char *error, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error, CI_ERROR_SIZE, format, arguments);
  va_end(arguments);
  return false;
}

bool ci_check_size(unsigned long width, unsigned long height, char *error) {
  if (width == 0 || height == 0) return ci_fail(error, "the image is empty (%lux%lu)", width, height);
  if (width > CI_MAX_SIDE || height > CI_MAX_SIDE || width * height > CI_MAX_PIXELS)
    return ci_fail(error, "the image is too large (%lux%lu; at most %d on a side and %d pixels)", width, height,
                   CI_MAX_SIDE, CI_MAX_PIXELS);
  return true;
}

bool ci_has_ending(const uint8_t *data, size_t size, const char *marker, size_t length) {
  size_t first = size > 1024 ? size - 1024 : 0;
  for (size_t i = size - length; i >= first && i < size; i--)
    if (memcmp(data + i, marker, length) == 0) return true;
  return false;
}

void ci_convert_inks(const uint8_t *inks, bool inverted, int width, uint8_t *row) {
  unsigned flip = inverted ? 255 : 0;
  for (int x = 0; x < width; x++, inks += 4, row += 3) {
    unsigned light = 255 - (inks[3] ^ flip);
    for (int channel = 0; channel < 3; channel++) {
      unsigned product = (inks[channel] ^ flip) * light + 128;
      row[channel] = (uint8_t)(light - ((product + (product >> 8)) >> 8));
    }
  }
}

void ci_write_floats(const uint8_t *values, size_t count, uint8_t *out) {
  for (size_t i = 0; i < count; i++, out += sizeof(float)) {
    float value = values[i];
    memcpy(out, &value, sizeof value);
  }
}

static bool begins_with(const uint8_t *data, size_t size, const char *start, size_t length) {
  return size >= length && memcmp(data, start, length) == 0;
}

ci_format ci_detect(const uint8_t *data, size_t size) {
  if (begins_with(data, size, "\x89PNG\r\n\x1a\n", 8)) return CI_PNG;
  if (begins_with(data, size, "\xff\xd8\xff", 3)) return CI_JPEG;
  if (begins_with(data, size, "II*\0", 4) || begins_with(data, size, "MM\0*", 4) ||
      begins_with(data, size, "II+\0", 4) || begins_with(data, size, "MM\0+", 4))
    return CI_TIFF;
  if (begins_with(data, size, "RIFF", 4) && size >= 12 && memcmp(data + 8, "WEBP", 4) == 0) return CI_WEBP;
  if (ci_bmp_detect(data, size)) return CI_BMP;
  return CI_UNKNOWN;
}

static bool fail_unknown(size_t size, char *error) {
  return size == 0 ? ci_fail(error, "the file is empty") : ci_fail(error, "no PNG, JPEG, TIFF, WebP or BMP file");
}

bool ci_read_info(const uint8_t *data, size_t size, ci_info *out, char *error) {
  switch (ci_detect(data, size)) {
    case CI_PNG:
      return ci_png_info(data, size, out, error);
    case CI_JPEG:
      return ci_jpeg_info(data, size, out, error);
    case CI_TIFF:
      return ci_tiff_info(data, size, out, error);
    case CI_WEBP:
      return ci_webp_info(data, size, out, error);
    case CI_BMP:
      return ci_bmp_info(data, size, out, error);
    default:
      return fail_unknown(size, error);
  }
}

// Decodes a file of at most 8-bit RGB to floats.
static bool decode_floats(const uint8_t *data, size_t size, int first_row, int rows, uint8_t *pixels, char *error) {
  ci_info info;
  if (!ci_read_info(data, size, &info, error)) return false;
  if (first_row < 0 || rows < 0 || first_row > info.height - rows)
    return ci_fail(error, "rows outside the image were asked for");
  size_t count = (size_t)info.width * (size_t)rows;
  uint8_t *colors = malloc(count * 3 + 1);
  if (!colors) return ci_fail(error, "out of memory");
  bool is_good = ci_decode(data, size, CI_RGB, first_row, rows, 0, colors, error);
  if (is_good && info.planes == 3) ci_write_floats(colors, count * 3, pixels);
  if (is_good && info.planes == 1)
    for (size_t i = 0; i < count; i++) ci_write_floats(colors + 3 * i, 1, pixels + sizeof(float) * i);
  free(colors);
  return is_good;
}

bool ci_decode(const uint8_t *data, size_t size, ci_layout layout, int first_row, int rows, int white, uint8_t *pixels,
               char *error) {
  ci_format format = ci_detect(data, size);
  if (layout == CI_FLOATS && (format == CI_JPEG || format == CI_WEBP || format == CI_BMP))
    return decode_floats(data, size, first_row, rows, pixels, error);
  switch (format) {
    case CI_PNG:
      return ci_png_decode(data, size, layout, first_row, rows, white, pixels, error);
    case CI_JPEG:
      return ci_jpeg_decode(data, size, layout, first_row, rows, pixels, error);
    case CI_TIFF:
      return ci_tiff_decode(data, size, layout, first_row, rows, white, pixels, error);
    case CI_WEBP:
      return ci_webp_decode(data, size, layout, first_row, rows, pixels, error);
    case CI_BMP:
      return ci_bmp_decode(data, size, layout, first_row, rows, pixels, error);
    default:
      return fail_unknown(size, error);
  }
}

bool ci_read_range(const uint8_t *data, size_t size, int *lowest, int *highest, char *error) {
  *lowest = 65535;
  *highest = 0;
  switch (ci_detect(data, size)) {
    case CI_PNG:
      return ci_png_range(data, size, lowest, highest, error);
    case CI_TIFF:
      return ci_tiff_range(data, size, lowest, highest, error);
    default:
      return ci_fail(error, "not a PNG or TIFF file of 16 bits");
  }
}

bool ci_read_palette(const uint8_t *data, size_t size, uint8_t *palette, int *count, char *error) {
  *count = 0;
  switch (ci_detect(data, size)) {
    case CI_PNG:
      return ci_png_palette(data, size, palette, count, error);
    case CI_TIFF:
      return ci_tiff_palette(data, size, palette, count, error);
    case CI_BMP:
      return ci_bmp_palette(data, size, palette, count, error);
    default:
      return true;
  }
}

void ci_free(void *memory) { free(memory); }
