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

// Creates the reader's structures and reads the header. False with both freed on failure.
static bool open_png(reader *source, png_structp *png, png_infop *info) {
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
  png_set_user_limits(*png, 0x7fffffff, 0x7fffffff);  // the limits of our own below name the size
  png_set_chunk_malloc_max(*png, 1 << 26);
  png_set_read_fn(*png, source, read_bytes);
  png_read_info(*png, *info);
  if (!ci_check_size(png_get_image_width(*png, *info), png_get_image_height(*png, *info), source->error))
    png_longjmp(*png, 1);
  return true;
}

bool ci_png_info(const uint8_t *data, size_t size, ci_info *out, char *error) {
  // The header is the first chunk, so that no decoder is needed.
  if (size < 33 || memcmp(data + 12, "IHDR", 4) != 0) return ci_fail(error, "the PNG header is truncated");
  unsigned long width = png_get_uint_32(data + 16), height = png_get_uint_32(data + 20);
  if (!ci_check_size(width, height, error)) return false;
  int type = data[25];
  if (type > 6 || type == 1 || type == 5) return ci_fail(error, "the PNG header is damaged (color type %d)", type);
  *out = (ci_info){
      .format = CI_PNG,
      .width = (int)width,
      .height = (int)height,
      .channels = type == PNG_COLOR_TYPE_PALETTE
                      ? 1
                      : 1 + (type & PNG_COLOR_MASK_COLOR) + (type & PNG_COLOR_MASK_ALPHA ? 1 : 0),
      .bit_depth = data[24],
      .palette = type == PNG_COLOR_TYPE_PALETTE,
  };
  return true;
}

static void set_transforms(png_structp png, png_infop info, ci_layout layout) {
  int type = png_get_color_type(png, info), depth = png_get_bit_depth(png, info);
  bool palette = type == PNG_COLOR_TYPE_PALETTE, color = type & PNG_COLOR_MASK_COLOR;
  if (layout == CI_VALUES) {
    if (color && !palette) png_error(png, "a color image where a mask with one value a pixel was expected");
    if (palette) png_set_packing(png);
  } else {
    if (palette) png_set_palette_to_rgb(png);
    if (depth == 16) png_set_strip_16(png);
  }
  if (!color && depth < 8) png_set_expand_gray_1_2_4_to_8(png);
  png_set_strip_alpha(png);
  if (layout == CI_RGB && !color) png_set_gray_to_rgb(png);
  if (layout == CI_GRAY && color) png_set_rgb_to_gray_fixed(png, PNG_ERROR_ACTION_NONE, 29900, 58700);
}

// Narrows a row of 16-bit values in place of the reduction that images get: a mask's values must survive.
static void narrow_row(png_structp png, const uint8_t *wide, uint8_t *row, int width, int y) {
  for (int x = 0; x < width; x++) {
    unsigned value = (unsigned)wide[2 * x] << 8 | wide[2 * x + 1];
    if (value > 255) {
      ci_fail(png_get_error_ptr(png), "the 16-bit value %u at (%d, %d) does not fit a mask's 8 bits", value, x, y);
      png_longjmp(png, 1);
    }
    row[x] = (uint8_t)value;
  }
}

bool ci_png_decode(const uint8_t *data, size_t size, ci_layout layout, int first_row, int rows, uint8_t *pixels,
                   char *error) {
  reader source = {data, size, 0, error};
  png_structp png;
  png_infop info;
  if (!open_png(&source, &png, &info)) return false;
  uint8_t *volatile scratch = NULL;  // one row, or the whole image where it is interlaced
  png_bytep *volatile pointers = NULL;
  if (setjmp(png_jmpbuf(png))) {
    free(scratch);
    free(pointers);
    png_destroy_read_struct(&png, &info, NULL);
    return false;
  }
  int width = (int)png_get_image_width(png, info), height = (int)png_get_image_height(png, info);
  size_t stride = (size_t)width * (layout == CI_RGB ? 3 : 1);
  set_transforms(png, info, layout);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  size_t decoded = png_get_rowbytes(png, info);
  bool wide = decoded == 2 * stride;
  if (decoded != stride && !(wide && layout == CI_VALUES)) png_error(png, "unexpected row size");
  if (first_row < 0 || rows < 0 || first_row + rows > height) png_error(png, "rows outside the image were asked for");

  scratch = malloc(passes > 1 ? decoded * height : decoded);
  if (!scratch) png_error(png, "out of memory");
  if (passes > 1) {
    pointers = malloc(sizeof(png_bytep) * height);
    if (!pointers) png_error(png, "out of memory");
    for (int y = 0; y < height; y++) pointers[y] = scratch + decoded * y;
    png_read_image(png, pointers);
  }
  int end = ci_has_ending(data, size, "IEND", 4) ? first_row + rows : height;
  for (int y = 0; y < end; y++) {
    uint8_t *row = y < first_row || y >= first_row + rows ? NULL : pixels + stride * (y - first_row);
    uint8_t *target = row && !wide ? row : scratch;
    if (passes == 1)
      png_read_row(png, target, NULL);
    else if (row && !wide)
      memcpy(row, pointers[y], stride);
    if (row && wide) narrow_row(png, passes > 1 ? pointers[y] : scratch, row, width, y);
  }
  if (end == height) png_read_end(png, NULL);
  free(scratch);
  free(pointers);
  png_destroy_read_struct(&png, &info, NULL);
  return true;
}

bool ci_read_palette(const uint8_t *data, size_t size, uint8_t *palette, int *count, char *error) {
  *count = 0;
  if (ci_detect(data, size) != CI_PNG) return true;
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
