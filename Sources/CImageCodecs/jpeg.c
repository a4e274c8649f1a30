// clang-format off: libjpeg's headers need FILE and size_t before them, and one another in this order.
#include <stdio.h>
#include <jpeglib.h>
#include <jerror.h>
// clang-format on
#include <setjmp.h>
#include <stdlib.h>

#include "codecs.h"

typedef struct {
  struct jpeg_error_mgr base;
  jmp_buf jump;
  char *error;
} error_manager;

static void on_error(j_common_ptr codec) {
  error_manager *manager = (error_manager *)codec->err;
  char text[JMSG_LENGTH_MAX];
  codec->err->format_message(codec, text);
  ci_fail(manager->error, "%s", text);
  longjmp(manager->jump, 1);
}

// libjpeg fills what is missing or damaged with gray and warns; for training data that is an error. Warnings about
// bytes that do not reach the pixels are let pass.
static void on_message(j_common_ptr codec, int level) {
  if (level >= 0) return;
  switch (codec->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_ADOBE_XFORM:
    case JWRN_TOO_MUCH_DATA:
      return;
    default:
      on_error(codec);
  }
}

static struct jpeg_error_mgr *prepare(error_manager *manager, char *error) {
  jpeg_std_error(&manager->base);
  manager->base.error_exit = on_error;
  manager->base.emit_message = on_message;
  manager->error = error;
  return &manager->base;
}

bool ci_jpeg_info(const uint8_t *data, size_t size, ci_info *out, char *error) {
  struct jpeg_decompress_struct codec;
  error_manager manager;
  codec.err = prepare(&manager, error);
  jpeg_create_decompress(&codec);
  if (setjmp(manager.jump)) {
    jpeg_destroy_decompress(&codec);
    return false;
  }
  jpeg_mem_src(&codec, data, size);
  jpeg_read_header(&codec, TRUE);
  bool fits = ci_check_size(codec.image_width, codec.image_height, error);
  *out = (ci_info){
      .format = CI_JPEG,
      .width = (int)codec.image_width,
      .height = (int)codec.image_height,
      .channels = codec.num_components,
      .bit_depth = codec.data_precision,
  };
  jpeg_destroy_decompress(&codec);
  return fits;
}

bool ci_jpeg_decode(const uint8_t *data, size_t size, ci_layout layout, int first_row, int rows, uint8_t *pixels,
                    char *error) {
  if (layout == CI_VALUES) return ci_fail(error, "a JPEG where a mask was expected: JPEG alters values, use PNG");
  struct jpeg_decompress_struct codec;
  error_manager manager;
  codec.err = prepare(&manager, error);
  jpeg_create_decompress(&codec);
  if (setjmp(manager.jump)) {
    jpeg_destroy_decompress(&codec);
    return false;
  }
  jpeg_mem_src(&codec, data, size);
  jpeg_read_header(&codec, TRUE);
  if (!ci_check_size(codec.image_width, codec.image_height, error)) longjmp(manager.jump, 1);
  if (codec.num_components != 1 && codec.num_components != 3) {
    ci_fail(error, "a JPEG with %d components (CMYK?) is not supported: convert it to RGB", codec.num_components);
    longjmp(manager.jump, 1);
  }
  int height = (int)codec.image_height;
  if (first_row < 0 || rows < 0 || first_row + rows > height) {
    ci_fail(error, "rows outside the image were asked for");
    longjmp(manager.jump, 1);
  }
  codec.out_color_space = layout == CI_RGB ? JCS_RGB : JCS_GRAYSCALE;
  jpeg_start_decompress(&codec);
  size_t stride = (size_t)codec.output_width * codec.output_components;
  if (first_row > 0) jpeg_skip_scanlines(&codec, (JDIMENSION)first_row);
  for (JDIMENSION end = (JDIMENSION)(first_row + rows); codec.output_scanline < end;) {
    JSAMPROW row = pixels + stride * (codec.output_scanline - (JDIMENSION)first_row);
    jpeg_read_scanlines(&codec, &row, 1);
  }
  bool complete = ci_has_ending(data, size, "\xff\xd9", 2);
  if (!complete && first_row + rows < height) {
    // Skipping to the very end would not look at the data, skipping up to the last row does.
    JSAMPARRAY last = codec.mem->alloc_sarray((j_common_ptr)&codec, JPOOL_IMAGE, (JDIMENSION)stride, 1);
    if (codec.output_scanline + 1 < codec.output_height)
      jpeg_skip_scanlines(&codec, codec.output_height - 1 - codec.output_scanline);
    jpeg_read_scanlines(&codec, last, 1);
  }
  if (!complete || first_row + rows == height) jpeg_finish_decompress(&codec);
  jpeg_destroy_decompress(&codec);
  return true;
}

bool ci_encode_jpeg(const uint8_t *pixels, int width, int height, int channels, int quality, uint8_t **out,
                    size_t *out_size, char *error) {
  if (!ci_check_size((unsigned long)width, (unsigned long)height, error)) return false;
  struct jpeg_compress_struct codec;
  error_manager manager;
  // Room for the worst case (27 bits a coefficient), so that libjpeg never replaces the buffer: after an error it would
  // be unclear which one is alive.
  unsigned long count = 65536 + 4ul * (width + 16ul) * (height + 16ul) * channels;
  unsigned char *memory = malloc(count);
  if (!memory) return ci_fail(error, "out of memory");
  codec.err = prepare(&manager, error);
  jpeg_create_compress(&codec);
  if (setjmp(manager.jump)) {
    jpeg_destroy_compress(&codec);
    free(memory);
    return false;
  }
  jpeg_mem_dest(&codec, &memory, &count);
  codec.image_width = (JDIMENSION)width;
  codec.image_height = (JDIMENSION)height;
  codec.input_components = channels;
  codec.in_color_space = channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
  jpeg_set_defaults(&codec);
  jpeg_set_quality(&codec, quality, TRUE);
  jpeg_start_compress(&codec, TRUE);
  while (codec.next_scanline < codec.image_height) {
    JSAMPROW row = (JSAMPROW)pixels + (size_t)codec.next_scanline * width * channels;
    jpeg_write_scanlines(&codec, &row, 1);
  }
  jpeg_finish_compress(&codec);
  jpeg_destroy_compress(&codec);
  uint8_t *fitted = realloc(memory, count);
  *out = fitted ? fitted : memory;
  *out_size = count;
  return true;
}
