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

ci_format ci_detect(const uint8_t *data, size_t size) {
  static const uint8_t png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  if (size >= 8 && memcmp(data, png, 8) == 0) return CI_PNG;
  if (size >= 3 && data[0] == 0xff && data[1] == 0xd8 && data[2] == 0xff) return CI_JPEG;
  return CI_UNKNOWN;
}

static bool fail_unknown(size_t size, char *error) {
  return size == 0 ? ci_fail(error, "the file is empty") : ci_fail(error, "neither a PNG nor a JPEG file");
}

bool ci_read_info(const uint8_t *data, size_t size, ci_info *out, char *error) {
  switch (ci_detect(data, size)) {
    case CI_PNG:
      return ci_png_info(data, size, out, error);
    case CI_JPEG:
      return ci_jpeg_info(data, size, out, error);
    default:
      return fail_unknown(size, error);
  }
}

bool ci_decode(const uint8_t *data, size_t size, ci_layout layout, int first_row, int rows, int white, uint8_t *pixels,
               char *error) {
  switch (ci_detect(data, size)) {
    case CI_PNG:
      return ci_png_decode(data, size, layout, first_row, rows, white, pixels, error);
    case CI_JPEG:
      return ci_jpeg_decode(data, size, layout, first_row, rows, pixels, error);
    default:
      return fail_unknown(size, error);
  }
}

void ci_free(void *memory) { free(memory); }
