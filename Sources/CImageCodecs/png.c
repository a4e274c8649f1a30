#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "codecs.h"

typedef struct {
  const uint8_t *data;
  size_t size;
  size_t position;
  char *error;
} reader;

typedef struct {
  uint8_t *data;
  size_t size;
  size_t capacity;
  char *error;
} writer;

static void read_bytes(png_structp png, png_bytep out, size_t count) {
  reader *source = png_get_io_ptr(png);
  if (count > source->size - source->position) png_error(png, "the file is truncated");
  memcpy(out, source->data + source->position, count);
  source->position += count;
}

static void write_bytes(png_structp png, png_bytep bytes, size_t count) {
  writer *sink = png_get_io_ptr(png);
  if (sink->size + count > sink->capacity) {
    size_t capacity = 2 * (sink->size + count);
    uint8_t *grown = realloc(sink->data, capacity);
    if (!grown) png_error(png, "out of memory");
    sink->data = grown;
    sink->capacity = capacity;
  }
  memcpy(sink->data + sink->size, bytes, count);
  sink->size += count;
}

static void flush_nothing(png_structp png) { (void)png; }

static void on_error(png_structp png, png_const_charp message) {
  ci_fail(png_get_error_ptr(png), "%s", message);
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

bool ci_png_walk(const uint8_t *data, size_t size, int *orientation, char *error) {
  enum { signature = 8, frame = 12 };
  *orientation = 1;
  size_t at = signature;
  while (size >= frame && at <= size - frame) {
    size_t length = png_get_uint_32(data + at);
    const uint8_t *name = data + at + 4;
    if (length > size - frame - at) break;
    if (memcmp(name, "IEND", 4) == 0) return true;
    if (memcmp(name, "eXIf", 4) == 0) {
      int found = ci_exif_orientation(data + at + 8, length);
      if (found) *orientation = found;
    }
    at += frame + length;
  }
  return ci_fail(error, "the file is truncated");
}

// Creates the reader's structures and reads the header. On failure both structures are freed and the result is false.
static bool open_png(reader *source, png_structp *png, png_infop *info) {
  int orientation;
  if (!ci_png_walk(source->data, source->size, &orientation, source->error)) return false;
  *png = png_create_read_struct(PNG_LIBPNG_VER_STRING, source->error, on_error, on_warning);
  if (!*png) return ci_fail(source->error, "out of memory");
  *info = png_create_info_struct(*png);
  if (!*info) {
    png_destroy_read_struct(png, NULL, NULL);
    return ci_fail(source->error, "out of memory");
  }
  if (setjmp(png_jmpbuf(*png))) {
    png_destroy_read_struct(png, info, NULL);
    return false;
  }
  // Only the chunks that make up the picture are kept and decompressed.
  png_set_keep_unknown_chunks(*png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_set_user_limits(*png, 0x7fffffff, 0x7fffffff);  // our own limits below give a clearer message
  png_set_chunk_malloc_max(*png, 1 << 26);
  png_set_read_fn(*png, source, read_bytes);
  png_read_info(*png, *info);
  if (!ci_check_size(png_get_image_width(*png, *info), png_get_image_height(*png, *info), source->error))
    png_longjmp(*png, 1);
  return true;
}

bool ci_png_info(const uint8_t *data, size_t size, ci_info *out, char *error) {
  // The header is the first chunk, so no decoder is needed.
  if (size < 33 || memcmp(data + 12, "IHDR", 4) != 0) return ci_fail(error, "the PNG header is truncated");
  unsigned long width = png_get_uint_32(data + 16), height = png_get_uint_32(data + 20);
  if (!ci_check_size(width, height, error)) return false;
  int type = data[25];
  if (type > 6 || type == 1 || type == 5) return ci_fail(error, "the PNG header is damaged (color type %d)", type);
  int orientation;
  char ignored[CI_ERROR_SIZE];  // decoding refuses a truncated file, but its header can be read
  ci_png_walk(data, size, &orientation, ignored);
  *out = (ci_info){
      .format = CI_PNG,
      .width = (int)width,
      .height = (int)height,
      .channels = type == PNG_COLOR_TYPE_PALETTE
                      ? 1
                      : 1 + (type & PNG_COLOR_MASK_COLOR) + (type & PNG_COLOR_MASK_ALPHA ? 1 : 0),
      .bit_depth = data[24],
      .kind = data[24] == 16 ? CI_UINT16 : CI_UINT8,
      .planes = type == PNG_COLOR_TYPE_PALETTE
                    ? 3
                    : 1 + (type & PNG_COLOR_MASK_COLOR) + (type & PNG_COLOR_MASK_ALPHA ? 1 : 0),
      .palette = type == PNG_COLOR_TYPE_PALETTE,
      .orientation = orientation,
  };
  return true;
}

// The layout, the rows and the memory of one decoding.
typedef struct {
  ci_layout layout;
  int first_row;
  int rows;
  int white;
  uint8_t *pixels;
  // If these are set, the range of values is found, and no pixels are written.
  int *lowest;
  int *highest;
} request;

static void set_transforms(png_structp png, png_infop info, const request *wanted) {
  int type = png_get_color_type(png, info), depth = png_get_bit_depth(png, info);
  bool palette = type == PNG_COLOR_TYPE_PALETTE, color = type & PNG_COLOR_MASK_COLOR;
  if (wanted->layout == CI_FLOATS) {
    if (palette) png_set_palette_to_rgb(png);
    if (palette) png_set_strip_alpha(png);
    if (!color && depth < 8) png_set_expand_gray_1_2_4_to_8(png);
    return;
  }
  if (wanted->layout != CI_RGB) {
    if (color && !palette) png_error(png, "a color image where a mask with one value in each pixel was expected");
    if (palette) png_set_packing(png);
  } else {
    if (palette) png_set_palette_to_rgb(png);
    if (depth == 16 && wanted->white == 0) png_set_strip_16(png);
  }
  if (!color && depth < 8) png_set_expand_gray_1_2_4_to_8(png);
  png_set_strip_alpha(png);
  if (wanted->layout == CI_RGB && !color) png_set_gray_to_rgb(png);
}

// Writes a row of 8-bit values with 16 bits each, or as floats.
static void widen_row(const request *wanted, const uint8_t *values, size_t count, int y) {
  if (wanted->layout == CI_FLOATS) {
    ci_write_floats(values, count, wanted->pixels + sizeof(float) * count * (y - wanted->first_row));
    return;
  }
  uint8_t *row = wanted->pixels + 2 * count * (y - wanted->first_row);
  for (size_t i = 0; i < count; i++) {
    uint16_t value = values[i];
    memcpy(row + 2 * i, &value, 2);
  }
}

// Converts a row of 16-bit values.
static void take_row(png_structp png, const request *wanted, const uint8_t *wide, size_t count, int y) {
  size_t bytes = wanted->layout == CI_FLOATS ? sizeof(float) : wanted->layout == CI_WIDE_VALUES ? 2 : 1;
  uint8_t *row = wanted->pixels ? wanted->pixels + bytes * count * (y - wanted->first_row) : NULL;
  unsigned white = (unsigned)wanted->white;
  for (size_t i = 0; i < count; i++) {
    unsigned value = (unsigned)wide[2 * i] << 8 | wide[2 * i + 1];
    if (!row) {
      if ((int)value < *wanted->lowest) *wanted->lowest = (int)value;
      if ((int)value > *wanted->highest) *wanted->highest = (int)value;
    } else if (wanted->layout == CI_RGB) {
      row[i] = value >= white ? 255 : (uint8_t)((value * 255 + white / 2) / white);
    } else if (wanted->layout == CI_FLOATS) {
      float number = (float)value;
      memcpy(row + sizeof number * i, &number, sizeof number);
    } else if (wanted->layout == CI_WIDE_VALUES) {
      uint16_t whole = (uint16_t)value;
      memcpy(row + 2 * i, &whole, 2);
    } else if (value <= 255) {
      row[i] = (uint8_t)value;
    } else {
      ci_fail(png_get_error_ptr(png), "the 16-bit value %u at (%zu, %d) does not fit a mask's 8 bits", value, i, y);
      png_longjmp(png, 1);
    }
  }
}

static bool decode(const uint8_t *data, size_t size, const request *wanted, char *error) {
  reader source = {data, size, 0, error};
  png_structp png;
  png_infop info;
  if (!open_png(&source, &png, &info)) return false;
  uint8_t *volatile scratch = NULL;  // one row, or the whole image if it is interlaced
  png_bytep *volatile pointers = NULL;
  if (setjmp(png_jmpbuf(png))) {
    free(scratch);
    free(pointers);
    png_destroy_read_struct(&png, &info, NULL);
    return false;
  }
  int height = (int)png_get_image_height(png, info), first = wanted->first_row, end = first + wanted->rows;
  set_transforms(png, info, wanted);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  size_t channels = wanted->layout == CI_RGB ? 3 : wanted->layout == CI_FLOATS ? png_get_channels(png, info) : 1;
  size_t count = (size_t)png_get_image_width(png, info) * channels;
  size_t decoded = png_get_rowbytes(png, info);
  bool wide = png_get_bit_depth(png, info) == 16;
  bool direct = !wide && (wanted->layout == CI_RGB || wanted->layout == CI_VALUES);
  if (decoded != (wide ? 2 * count : count)) png_error(png, "unexpected row size");

  scratch = malloc(passes > 1 ? decoded * height : decoded);
  if (!scratch) png_error(png, "out of memory");
  if (passes > 1) {
    pointers = malloc(sizeof(png_bytep) * height);
    if (!pointers) png_error(png, "out of memory");
    for (int y = 0; y < height; y++) pointers[y] = scratch + decoded * y;
    png_read_image(png, pointers);
  }
  for (int y = 0; y < end; y++) {
    bool taken = y >= first;
    uint8_t *row = taken && direct ? wanted->pixels + count * (y - first) : scratch;
    if (passes == 1)
      png_read_row(png, row, NULL);
    else if (taken && direct)
      memcpy(row, pointers[y], count);
    if (!taken || direct) continue;
    const uint8_t *decoded_row = passes > 1 ? pointers[y] : scratch;
    if (wide)
      take_row(png, wanted, decoded_row, count, y);
    else
      widen_row(wanted, decoded_row, count, y);
  }
  if (end == height) png_read_end(png, NULL);
  free(scratch);
  free(pointers);
  png_destroy_read_struct(&png, &info, NULL);
  return true;
}

bool ci_png_decode(const uint8_t *data, size_t size, ci_layout layout, int first_row, int rows, int white,
                   uint8_t *pixels, char *error) {
  ci_info info;
  if (!ci_png_info(data, size, &info, error)) return false;
  if (first_row < 0 || rows < 0 || first_row > info.height - rows)
    return ci_fail(error, "rows outside the image were asked for");
  if (white < 0 || white > 65535) return ci_fail(error, "a white of %d was asked for", white);
  request wanted = {.layout = layout, .first_row = first_row, .rows = rows, .white = white, .pixels = pixels};
  return decode(data, size, &wanted, error);
}

bool ci_png_range(const uint8_t *data, size_t size, int *lowest, int *highest, char *error) {
  ci_info info;
  if (!ci_png_info(data, size, &info, error)) return false;
  if (info.bit_depth != 16) return ci_fail(error, "not a PNG file of 16 bits");
  request wanted = {.layout = CI_RGB, .rows = info.height, .white = 65535, .lowest = lowest, .highest = highest};
  return decode(data, size, &wanted, error);
}

bool ci_png_palette(const uint8_t *data, size_t size, uint8_t *palette, int *count, char *error) {
  reader source = {data, size, 0, error};
  png_structp png;
  png_infop info;
  if (!open_png(&source, &png, &info)) return false;
  png_colorp colors = NULL;
  if (png_get_color_type(png, info) == PNG_COLOR_TYPE_PALETTE) png_get_PLTE(png, info, &colors, count);
  for (int i = 0; i < *count; i++) {
    palette[3 * i] = colors[i].red;
    palette[3 * i + 1] = colors[i].green;
    palette[3 * i + 2] = colors[i].blue;
  }
  png_destroy_read_struct(&png, &info, NULL);
  return true;
}

bool ci_encode_png(const uint8_t *pixels, int width, int height, int channels, const uint8_t *palette,
                   int palette_count, int level, uint8_t **out, size_t *out_size, char *error) {
  if (!ci_check_size((unsigned long)width, (unsigned long)height, error)) return false;
  writer sink = {NULL, 0, 0, error};
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, error, on_error, on_warning);
  if (!png) return ci_fail(error, "out of memory");
  png_infop info = png_create_info_struct(png);
  if (!info || setjmp(png_jmpbuf(png))) {
    if (!info) ci_fail(error, "out of memory");
    png_destroy_write_struct(&png, &info);
    free(sink.data);
    return false;
  }
  png_set_write_fn(png, &sink, write_bytes, flush_nothing);
  png_set_compression_level(png, level);
  int type = palette ? PNG_COLOR_TYPE_PALETTE : channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY;
  png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, 8, type, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (palette) {
    png_color colors[256];
    for (int i = 0; i < palette_count; i++)
      colors[i] = (png_color){palette[3 * i], palette[3 * i + 1], palette[3 * i + 2]};
    png_set_PLTE(png, info, colors, palette_count);
  }
  if (channels == 3) png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB | PNG_FILTER_UP);
  png_write_info(png, info);
  for (int y = 0; y < height; y++) png_write_row(png, (png_bytep)pixels + (size_t)y * width * channels);
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  *out = sink.data;
  *out_size = sink.size;
  return true;
}
