// Windows and OS/2 bitmaps: 1, 4, 8, 16, 24 and 32 bits, with run lengths and from either end.
#include <stdlib.h>
#include <string.h>

#include "codecs.h"

enum { plain = 0, runs_of_8 = 1, runs_of_4 = 2, masks = 3, masks_with_alpha = 6 };

typedef struct {
  int width;
  int height;
  bool is_top_down;
  int bits;
  unsigned compression;
  /// The masks of red, green and blue in pixels of 16 and 32 bits.
  uint32_t mask[3];
  bool has_alpha;
  /// The palette as RGB.
  int colors;
  uint8_t palette[768];
  const uint8_t *rows;
  size_t size;
} bitmap;

static unsigned read_16(const uint8_t *bytes) { return (unsigned)bytes[0] | (unsigned)bytes[1] << 8; }
static uint32_t read_32(const uint8_t *bytes) { return read_16(bytes) | (uint32_t)read_16(bytes + 2) << 16; }

static bool is_header_size(uint32_t size) {
  return size == 12 || size == 16 || size == 40 || size == 52 || size == 56 || size == 64 || size == 108 || size == 124;
}

bool ci_bmp_detect(const uint8_t *data, size_t size) {
  return size >= 18 && data[0] == 'B' && data[1] == 'M' && is_header_size(read_32(data + 14));
}

// Whether the bits of a mask lie side by side.
static bool is_mask(uint32_t mask) {
  if (mask == 0) return false;
  uint32_t shifted = mask / (mask & -mask);
  return (shifted & (shifted + 1)) == 0;
}

static bool open_bitmap(const uint8_t *data, size_t size, bitmap *out, char *error) {
  memset(out, 0, sizeof *out);
  if (!ci_bmp_detect(data, size)) return ci_fail(error, "the BMP header is damaged");
  uint32_t offset = read_32(data + 10), header = read_32(data + 14);
  if (size < 14 + (size_t)header) return ci_fail(error, "the BMP header is truncated");
  const uint8_t *info = data + 14;
  bool is_short = header == 12;
  int64_t width = is_short ? (int32_t)read_16(info + 4) : (int32_t)read_32(info + 4);
  int64_t height = is_short ? (int32_t)read_16(info + 6) : (int32_t)read_32(info + 8);
  out->bits = (int)(is_short ? read_16(info + 10) : read_16(info + 14));
  out->compression = header >= 40 ? read_32(info + 16) : plain;
  out->is_top_down = height < 0;
  if (height < 0) height = -height;
  if (!ci_check_size(width < 0 ? 0 : (unsigned long)width, (unsigned long)height, error)) return false;
  out->width = (int)width;
  out->height = (int)height;
  int bits = out->bits;
  bool has_masks = (bits == 16 || bits == 32) && (out->compression == masks || out->compression == masks_with_alpha);
  bool has_runs = !out->is_top_down && ((bits == 8 && out->compression == runs_of_8) ||
                                        (bits == 4 && out->compression == runs_of_4));
  bool is_known = bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
  if (!is_known || !(out->compression == plain || has_masks || has_runs))
    return ci_fail(error, "a BMP of %d bits with compression %u is not read: save it as PNG", bits, out->compression);
  size_t after = 14 + (size_t)header;
  if (bits == 16) memcpy(out->mask, (uint32_t[3]){0x7c00, 0x3e0, 0x1f}, sizeof out->mask);
  if (bits == 32) memcpy(out->mask, (uint32_t[3]){0xff0000, 0xff00, 0xff}, sizeof out->mask);
  if (has_masks) {
    // Headers of 40 bytes have the masks behind them, larger ones within.
    if (header == 40) after += out->compression == masks ? 12 : 16;
    if (size < 14 + 40 + 12) return ci_fail(error, "the BMP header is truncated");
    for (int i = 0; i < 3; i++) {
      out->mask[i] = read_32(info + 40 + 4 * i);
      if (!is_mask(out->mask[i]) || (bits == 16 && out->mask[i] > 0xffff))
        return ci_fail(error, "the BMP's mask of a color (%08x) is damaged", out->mask[i]);
    }
    out->has_alpha = header >= 56 && read_32(info + 52) != 0;
  }
  if (bits <= 8) {
    size_t entry = is_short ? 3 : 4, most = (size_t)1 << bits, used = header >= 40 ? read_32(info + 32) : 0;
    out->colors = (int)(used == 0 || used > most ? most : used);
    if (after > size || entry * (size_t)out->colors > size - after)
      return ci_fail(error, "the BMP's palette is truncated");
    for (int i = 0; i < out->colors; i++)
      for (int channel = 0; channel < 3; channel++)
        out->palette[3 * i + channel] = data[after + entry * (size_t)i + 2 - (size_t)channel];
    after += entry * (size_t)out->colors;
  }
  if (offset < 14 || offset > size) return ci_fail(error, "the file is truncated");
  out->rows = data + offset;
  out->size = size - offset;
  return true;
}

bool ci_bmp_info(const uint8_t *data, size_t size, ci_info *out, char *error) {
  bitmap image;
  if (!open_bitmap(data, size, &image, error)) return false;
  bool has_palette = image.bits <= 8;
  *out = (ci_info){
      .format = CI_BMP,
      .width = image.width,
      .height = image.height,
      .channels = has_palette ? 1 : image.has_alpha ? 4 : 3,
      .bit_depth = has_palette ? image.bits : 8,
      .kind = CI_UINT8,
      .planes = 3,
      .palette = has_palette,
      .orientation = 1,
  };
  return true;
}

// Writes the indices of run lengths, with rows from the top. Pixels that no run reaches have the index 0.
static bool expand_runs(const bitmap *image, uint8_t *indices, char *error) {
  const uint8_t *at = image->rows, *end = at + image->size;
  size_t width = (size_t)image->width, x = 0, y = 0, height = (size_t)image->height;
  bool has_nibbles = image->bits == 4;
  memset(indices, 0, width * height);
  while (y < height) {
    if (end - at < 2) return ci_fail(error, "the file is truncated");
    unsigned count = at[0], value = at[1];
    uint8_t *row = indices + width * (height - 1 - y);
    at += 2;
    if (count > 0) {
      for (unsigned i = 0; i < count && x < width; i++, x++)
        row[x] = (uint8_t)(!has_nibbles ? value : i % 2 ? value & 15 : value >> 4);
    } else if (value == 0) {
      x = 0;
      y++;
    } else if (value == 1) {
      return true;
    } else if (value == 2) {
      if (end - at < 2) return ci_fail(error, "the file is truncated");
      x += at[0];
      y += at[1];
      at += 2;
    } else {
      // Values as they are, filled up to an even number of bytes.
      size_t bytes = has_nibbles ? (value + 1) / 2 : value;
      if ((size_t)(end - at) < bytes) return ci_fail(error, "the file is truncated");
      for (unsigned i = 0; i < value && x < width; i++, x++)
        row[x] = (uint8_t)(!has_nibbles ? at[i] : i % 2 ? at[i / 2] & 15 : at[i / 2] >> 4);
      at += bytes;
      if (bytes % 2 && at < end) at++;
    }
  }
  return true;
}

static uint8_t masked(uint32_t pixel, uint32_t mask) {
  int shift = __builtin_ctz(mask);
  uint32_t value = (pixel & mask) >> shift, most = mask >> shift;
  return (uint8_t)(most == 255 ? value : (uint64_t)value * 255 / most);
}

static void convert_row(const bitmap *image, const uint8_t *row, uint8_t *out) {
  for (int x = 0; x < image->width; x++, out += 3) {
    if (image->bits == 24) {
      out[0] = row[3 * x + 2], out[1] = row[3 * x + 1], out[2] = row[3 * x];
      continue;
    }
    uint32_t pixel = image->bits == 16 ? read_16(row + 2 * x) : read_32(row + 4 * (size_t)x);
    for (int channel = 0; channel < 3; channel++) out[channel] = masked(pixel, image->mask[channel]);
  }
}

// Writes a row of indices in a layout.
static bool convert_indices(const bitmap *image, const uint8_t *row, bool is_packed, ci_layout layout, uint8_t *out,
                            char *error) {
  int bits = is_packed ? image->bits : 8;
  for (int x = 0; x < image->width; x++) {
    int bit = x * bits;
    uint16_t index = (uint16_t)(row[bit / 8] >> (8 - bits - bit % 8) & ((1 << bits) - 1));
    if (index >= image->colors) return ci_fail(error, "the index %d at column %d is not in the palette", index, x);
    if (layout == CI_RGB)
      memcpy(out + 3 * x, image->palette + 3 * index, 3);
    else if (layout == CI_VALUES)
      out[x] = (uint8_t)index;
    else
      memcpy(out + 2 * x, &index, 2);
  }
  return true;
}

bool ci_bmp_decode(const uint8_t *data, size_t size, ci_layout layout, int first_row, int rows, uint8_t *pixels,
                   char *error) {
  bitmap image;
  if (!open_bitmap(data, size, &image, error)) return false;
  bool has_palette = image.bits <= 8, has_runs = has_palette && image.compression != plain;
  if (layout != CI_RGB && !has_palette)
    return ci_fail(error, "a color image where a mask with one value in each pixel was expected");
  if (first_row < 0 || rows < 0 || first_row > image.height - rows)
    return ci_fail(error, "rows outside the image were asked for");
  size_t stored = ((size_t)image.width * (size_t)image.bits + 31) / 32 * 4, width = (size_t)image.width;
  uint8_t *indices = NULL;
  if (has_runs) {
    indices = malloc(width * (size_t)image.height);
    if (!indices) return ci_fail(error, "out of memory");
    if (!expand_runs(&image, indices, error)) {
      free(indices);
      return false;
    }
  } else if (stored * (size_t)image.height > image.size) {
    return ci_fail(error, "the file is truncated");
  }
  size_t row_bytes = width * (layout == CI_RGB ? 3 : layout == CI_VALUES ? 1 : 2);
  bool is_good = true;
  for (int i = 0; i < rows && is_good; i++, pixels += row_bytes) {
    size_t y = (size_t)(first_row + i), place = image.is_top_down ? y : (size_t)image.height - 1 - y;
    if (has_runs)
      is_good = convert_indices(&image, indices + width * y, false, layout, pixels, error);
    else if (has_palette)
      is_good = convert_indices(&image, image.rows + stored * place, true, layout, pixels, error);
    else
      convert_row(&image, image.rows + stored * place, pixels);
  }
  free(indices);
  return is_good;
}

bool ci_bmp_palette(const uint8_t *data, size_t size, uint8_t *palette, int *count, char *error) {
  bitmap image;
  if (!open_bitmap(data, size, &image, error)) return false;
  *count = image.colors;
  memcpy(palette, image.palette, 3 * (size_t)image.colors);
  return true;
}
