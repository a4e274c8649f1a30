#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tiff.h"

// MARK: - Values

static float from_double(double value) {
  if (isfinite(value) && fabs(value) > (double)FLT_MAX) return value > 0 ? INFINITY : -INFINITY;
  return (float)value;
}

static float from_half(uint16_t half) {
  int exponent = half >> 10 & 31, fraction = half & 1023;
  float value = exponent == 31 ? (fraction ? NAN : INFINITY)
                : exponent     ? ldexpf((float)(1024 + fraction), exponent - 25)
                               : ldexpf((float)fraction, -24);
  return half & 0x8000 ? -value : value;
}

// Converts `count` stored values. Those of 1, 2 and 4 bits are scaled to 8 bits, unless they are indices.
#define UNPACK(stored, convert)                          \
  for (size_t i = 0; i < count; i++, to += stride) {     \
    stored value;                                        \
    memcpy(&value, from + i * sizeof value, sizeof value); \
    *to = convert(value);                                \
  }                                                      \
  break

static void unpack(const tiff_page *page, const uint8_t *from, size_t count, size_t stride, float *to) {
  switch (page->type) {
    case TIFF_BITS: {
      unsigned bits = (unsigned)page->bits, most = (1u << bits) - 1;
      unsigned scale = page->role == TIFF_INDEX ? 1 : 255 / most;
      for (size_t i = 0; i < count; i++, to += stride) {
        size_t bit = i * bits;
        *to = (float)((from[bit / 8] >> (8 - bits - bit % 8) & most) * scale);
      }
      break;
    }
    case TIFF_U8:
      UNPACK(uint8_t, (float));
    case TIFF_I8:
      UNPACK(int8_t, (float));
    case TIFF_U16:
      UNPACK(uint16_t, (float));
    case TIFF_I16:
      UNPACK(int16_t, (float));
    case TIFF_U32:
      UNPACK(uint32_t, (float));
    case TIFF_I32:
      UNPACK(int32_t, (float));
    case TIFF_F16:
      UNPACK(uint16_t, from_half);
    case TIFF_F32:
      UNPACK(float, );
    case TIFF_F64:
      UNPACK(double, from_double);
  }
}

// The value that is white, for whole numbers of up to 16 bits; 0 for others.
static float white_of(const tiff_page *page) {
  return page->type == TIFF_BITS || page->type == TIFF_U8 ? 255 : page->type == TIFF_U16 ? 65535 : 0;
}

// Reads a row of all channels, interleaved.
static bool read_row(tiff_rows *rows, int y, float *values) {
  const tiff_page *page = &rows->file->page;
  size_t width = (size_t)page->width, channels = (size_t)page->channels;
  for (int plane = 0; plane < rows->planes; plane++) {
    const uint8_t *row = ci_tiff_row(rows, y, plane);
    if (!row) return false;
    if (rows->planes == 1)
      unpack(page, row, width * channels, 1, values);
    else
      unpack(page, row, width, channels, values + plane);
  }
  float white = white_of(page);
  if (page->is_inverted && white > 0)
    for (size_t i = 0; i < width * channels; i++) values[i] = white - values[i];
  return true;
}

// MARK: - Layouts

// Decoding in progress: one row of values, and the colors of a palette.
typedef struct {
  tiff_file file;
  tiff_rows rows;
  float *values;
  uint8_t palette[768];
} decoding;

static bool begin(decoding *work, const uint8_t *data, size_t size, char *error) {
  work->values = NULL;
  return ci_tiff_open(&work->file, data, size, error);
}

static bool begin_rows(decoding *work) {
  const tiff_page *page = &work->file.page;
  if (!ci_tiff_rows_begin(&work->rows, &work->file)) return false;
  free(work->values);
  work->values = malloc(sizeof(float) * (size_t)page->width * (size_t)page->channels);
  if (work->values) return true;
  ci_tiff_rows_end(&work->rows);
  return ci_tiff_fail(&work->file, "out of memory");
}

static bool end(decoding *work, bool is_good) {
  if (!is_good) ci_tiff_fail(&work->file, "the TIFF cannot be read");
  free(work->values);
  ci_tiff_close(&work->file);
  return is_good;
}

static bool read_colors(tiff_file *file, uint8_t *palette, int *count) {
  uint16_t *colors[3] = {NULL, NULL, NULL};
  if (!TIFFGetField(file->tiff, TIFFTAG_COLORMAP, &colors[0], &colors[1], &colors[2]) || !colors[0] || !colors[1] ||
      !colors[2])
    return ci_tiff_fail(file, "the TIFF has no palette for its indices");
  *count = 1 << file->page.bits;
  // Some programs write colors of 8 bits.
  bool is_wide = false;
  for (int i = 0; i < *count; i++)
    if (colors[0][i] > 255 || colors[1][i] > 255 || colors[2][i] > 255) is_wide = true;
  for (int i = 0; i < *count; i++)
    for (int channel = 0; channel < 3; channel++)
      palette[3 * i + channel] = (uint8_t)(is_wide ? colors[channel][i] >> 8 : colors[channel][i]);
  return true;
}

static const char *type_name(const tiff_page *page) {
  switch (page->type) {
    case TIFF_I8:
      return "int8";
    case TIFF_I16:
      return "int16";
    case TIFF_U32:
      return "uint32";
    case TIFF_I32:
      return "int32";
    case TIFF_F16:
      return "float16";
    case TIFF_F32:
      return "float32";
    case TIFF_F64:
      return "float64";
    default:
      return page->bits > 8 ? "uint16" : "uint8";
  }
}

static uint8_t to_byte(float value, float full, int white) {
  if (full <= 255) return (uint8_t)value;
  unsigned whole = (unsigned)value, most = (unsigned)white;
  if (most == 0) return (uint8_t)(whole >> 8);
  return whole >= most ? 255 : (uint8_t)((whole * 255 + most / 2) / most);
}

// Checks that a page has colors of 8 or 16 bits.
static bool check_colors(tiff_file *file) {
  const tiff_page *page = &file->page;
  if (white_of(page) == 0) {
    file->source.has_failed = true;
    return ci_fail(file->source.error, "the TIFF's values are of type %s, expected colors of 8 or 16 bits",
                   type_name(page));
  }
  if (page->role != TIFF_OTHER) return true;
  file->source.has_failed = true;
  return ci_fail(file->source.error, "the TIFF has %d channels that are no colors, expected gray, RGB, CMYK or a "
                 "palette", page->channels);
}

static bool write_colors(decoding *work, int y, int white, uint8_t *row) {
  const tiff_page *page = &work->file.page;
  size_t width = (size_t)page->width, channels = (size_t)page->channels;
  if (page->type == TIFF_U8 && page->role == TIFF_COLORS && work->rows.planes == 1 && !page->is_inverted) {
    const uint8_t *from = ci_tiff_row(&work->rows, y, 0);
    if (!from) return false;
    for (size_t x = 0; x < width; x++, from += channels, row += 3) memcpy(row, from, 3);
    return true;
  }
  const float *from = work->values;
  if (!read_row(&work->rows, y, work->values)) return false;
  float full = white_of(page);
  for (size_t x = 0; x < width; x++, from += channels, row += 3) {
    if (page->role == TIFF_INDEX) {
      memcpy(row, work->palette + 3 * (size_t)from[0], 3);
    } else if (page->role == TIFF_INKS) {
      uint8_t inks[4];
      for (int channel = 0; channel < 4; channel++) inks[channel] = to_byte(from[channel], full, 0);
      ci_convert_inks(inks, false, 1, row);
    } else {
      for (int channel = 0; channel < 3; channel++)
        row[channel] = to_byte(from[page->role == TIFF_COLORS ? channel : 0], full, white);
    }
  }
  return true;
}

static bool write_values(decoding *work, int y, ci_layout layout, uint8_t *row) {
  const tiff_page *page = &work->file.page;
  if (!read_row(&work->rows, y, work->values)) return false;
  float most = layout == CI_VALUES ? 255 : 65535;
  for (int x = 0; x < page->width; x++) {
    float value = work->values[(size_t)x * (size_t)page->channels];
    if (!(value >= 0 && value <= most && value == floorf(value))) {
      work->file.source.has_failed = true;
      return ci_fail(work->file.source.error, "the %s value %g at (%d, %d) does not fit a mask's %d bits",
                     type_name(page), (double)value, x, y, layout == CI_VALUES ? 8 : 16);
    }
    uint16_t whole = (uint16_t)value;
    if (layout == CI_VALUES)
      row[x] = (uint8_t)whole;
    else
      memcpy(row + 2 * x, &whole, 2);
  }
  return true;
}

// Writes the values of a page's channels into a row of `planes` values for each pixel, from `plane` on.
static bool write_floats(decoding *work, int y, int planes, int plane, uint8_t *row) {
  const tiff_page *page = &work->file.page;
  if (!read_row(&work->rows, y, work->values)) return false;
  int count = page->role == TIFF_INDEX ? 3 : page->channels;
  for (int x = 0; x < page->width; x++) {
    const float *from = work->values + (size_t)x * (size_t)page->channels;
    uint8_t *to = row + sizeof(float) * ((size_t)x * (size_t)planes + (size_t)plane);
    for (int channel = 0; channel < count; channel++) {
      float value = page->role == TIFF_INDEX ? work->palette[3 * (size_t)from[0] + (size_t)channel] : from[channel];
      if (value == page->no_data) value = NAN;
      memcpy(to + sizeof(float) * (size_t)channel, &value, sizeof value);
    }
  }
  return true;
}

// Decodes rows of the page that the file is at.
static bool decode_page(decoding *work, ci_layout layout, int first_row, int rows, int white, int planes, int plane,
                        uint8_t *pixels) {
  tiff_file *file = &work->file;
  int count;
  if (file->page.role == TIFF_INDEX && !read_colors(file, work->palette, &count)) return false;
  if (!begin_rows(work)) return false;
  size_t width = (size_t)file->page.width;
  bool is_good = true;
  for (int i = 0; i < rows && is_good; i++) {
    size_t pixel = width * (size_t)i;
    switch (layout) {
      case CI_RGB:
        is_good = write_colors(work, first_row + i, white, pixels + 3 * pixel);
        break;
      case CI_VALUES:
      case CI_WIDE_VALUES:
        is_good = write_values(work, first_row + i, layout, pixels + (layout == CI_VALUES ? 1 : 2) * pixel);
        break;
      case CI_FLOATS:
        is_good = write_floats(work, first_row + i, planes, plane, pixels + sizeof(float) * (size_t)planes * pixel);
        break;
    }
  }
  ci_tiff_rows_end(&work->rows);
  return is_good;
}

static bool check_layout(tiff_file *file, ci_layout layout, int pages, bool are_channels) {
  bool is_mask = layout == CI_VALUES || layout == CI_WIDE_VALUES;
  if (pages > 1 && !(layout == CI_FLOATS && are_channels)) {
    file->source.has_failed = true;
    return ci_fail(file->source.error, "the TIFF has %d pages, expected 1: save each page as a file of its own", pages);
  }
  if (layout == CI_RGB) return check_colors(file);
  if (is_mask && file->page.is_lossy)
    return ci_tiff_fail(file, "is a TIFF whose compression changes values; save masks as PNG");
  if (is_mask && file->page.role != TIFF_GRAY && file->page.role != TIFF_INDEX)
    return ci_tiff_fail(file, "a color image where a mask with one value in each pixel was expected");
  return true;
}

bool ci_tiff_decode(const uint8_t *data, size_t size, ci_layout layout, int first_row, int rows, int white,
                    uint8_t *pixels, char *error) {
  decoding work;
  if (!begin(&work, data, size, error)) return false;
  int pages = 1;
  bool are_channels = false;
  if (first_row < 0 || rows < 0 || first_row > work.file.page.height - rows || white < 0 || white > 65535)
    return end(&work, ci_tiff_fail(&work.file, "rows outside the image were asked for"));
  if (!ci_tiff_count(&work.file, &pages, &are_channels) || !check_layout(&work.file, layout, pages, are_channels))
    return end(&work, false);
  int planes = ci_tiff_planes(&work.file.page, pages, are_channels);
  for (int page = 0; page < pages; page++) {
    bool has_page = true;
    if (page > 0 && (!ci_tiff_next(&work.file, &has_page) || !has_page)) return end(&work, false);
    if (!decode_page(&work, layout, first_row, rows, white, planes, page, pixels)) return end(&work, false);
  }
  return end(&work, true);
}

// MARK: - Without pixels

bool ci_tiff_info(const uint8_t *data, size_t size, ci_info *out, char *error) {
  tiff_file file;
  if (!ci_tiff_open(&file, data, size, error)) return false;
  int pages;
  bool are_channels, is_good = ci_tiff_count(&file, &pages, &are_channels);
  if (is_good) {
    float white = white_of(&file.page);
    *out = (ci_info){
        .format = CI_TIFF,
        .width = file.page.width,
        .height = file.page.height,
        .channels = file.page.channels,
        .bit_depth = file.page.bits,
        .kind = white == 255 ? CI_UINT8 : white > 0 ? CI_UINT16 : CI_FLOAT32,
        .planes = ci_tiff_planes(&file.page, pages, are_channels),
        .palette = file.page.role == TIFF_INDEX,
        .is_lossy = file.page.is_lossy,
        .orientation = file.page.orientation,
    };
  }
  ci_tiff_close(&file);
  return is_good;
}

bool ci_tiff_range(const uint8_t *data, size_t size, int *lowest, int *highest, char *error) {
  decoding work;
  if (!begin(&work, data, size, error)) return false;
  const tiff_page *page = &work.file.page;
  if (page->type != TIFF_U16 || !check_colors(&work.file))
    return end(&work, ci_tiff_fail(&work.file, "not a TIFF file of 16 bits"));
  if (!begin_rows(&work)) return end(&work, false);
  int colors = page->role == TIFF_COLORS ? 3 : page->role == TIFF_INKS ? 4 : 1;
  bool is_good = true;
  for (int y = 0; y < page->height && is_good; y++) {
    is_good = read_row(&work.rows, y, work.values);
    for (int x = 0; x < page->width && is_good; x++)
      for (int channel = 0; channel < colors; channel++) {
        int value = (int)work.values[(size_t)x * (size_t)page->channels + (size_t)channel];
        if (value < *lowest) *lowest = value;
        if (value > *highest) *highest = value;
      }
  }
  ci_tiff_rows_end(&work.rows);
  return end(&work, is_good);
}

bool ci_tiff_palette(const uint8_t *data, size_t size, uint8_t *palette, int *count, char *error) {
  tiff_file file;
  if (!ci_tiff_open(&file, data, size, error)) return false;
  bool is_good = file.page.role != TIFF_INDEX || read_colors(&file, palette, count);
  ci_tiff_close(&file);
  return is_good;
}
