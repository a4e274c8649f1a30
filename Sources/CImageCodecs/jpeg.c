// clang-format off: libjpeg's headers need FILE and size_t before them, and must come in this order.
#include <stdio.h>
#include <jpeglib.h>
#include <jerror.h>
// clang-format on
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "codecs.h"

// A progressive file of few bytes can ask for any number of passes over the whole image; real files have about ten.
#define MAX_SCANS 500

typedef struct {
  struct jpeg_error_mgr base;
  struct jpeg_progress_mgr progress;
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

// libjpeg fills missing or damaged parts with gray and warns. For training data that is an error. Warnings about bytes
// that do not affect the pixels are ignored.
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

static void on_progress(j_common_ptr codec) {
  error_manager *manager = (error_manager *)codec->err;
  if (((j_decompress_ptr)codec)->input_scan_number <= MAX_SCANS) return;
  ci_fail(manager->error, "a JPEG of more than %d scans", MAX_SCANS);
  longjmp(manager->jump, 1);
}

static struct jpeg_error_mgr *prepare(error_manager *manager, char *error) {
  jpeg_std_error(&manager->base);
  manager->base.error_exit = on_error;
  manager->base.emit_message = on_message;
  manager->error = error;
  return &manager->base;
}

// The first orientation in an EXIF segment before the image data; 1 if there is none.
static int orientation(const uint8_t *data, size_t size) {
  size_t at = 2;
  while (size - at >= 4) {
    unsigned marker = data[at + 1];
    if (data[at] != 0xff || marker == 0xff) {
      at += 1;  // filling
    } else if (marker <= 1 || (marker >= 0xd0 && marker <= 0xd7)) {
      at += 2;  // markers without a length
    } else {
      enum { end = 0xd9, scan = 0xda, app1 = 0xe1 };
      size_t length = (size_t)data[at + 2] << 8 | data[at + 3];
      if (marker == end || marker == scan || length < 2 || length > size - at - 2) return 1;
      const uint8_t *content = data + at + 4;
      if (marker == app1 && length >= 8 && memcmp(content, "Exif\0", 5) == 0) {
        int found = ci_exif_orientation(content, length - 2);
        if (found) return found;
      }
      at += 2 + length;
    }
  }
  return 1;
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
      .kind = CI_UINT8,
      .planes = codec.num_components == 1 ? 1 : 3,
      .is_lossy = true,
      .orientation = orientation(data, size),
  };
  jpeg_destroy_decompress(&codec);
  return fits;
}

bool ci_jpeg_decode(const uint8_t *data, size_t size, ci_layout layout, int first_row, int rows, uint8_t *pixels,
                    char *error) {
  if (layout != CI_RGB) return ci_fail(error, "is a JPEG, whose compression changes values; save masks as PNG");
  struct jpeg_decompress_struct codec;
  error_manager manager;
  codec.err = prepare(&manager, error);
  jpeg_create_decompress(&codec);
  if (setjmp(manager.jump)) {
    jpeg_destroy_decompress(&codec);
    return false;
  }
  manager.progress.progress_monitor = on_progress;
  codec.progress = &manager.progress;
  jpeg_mem_src(&codec, data, size);
  jpeg_read_header(&codec, TRUE);
  if (!ci_check_size(codec.image_width, codec.image_height, error)) longjmp(manager.jump, 1);
  bool has_inks = codec.num_components == 4;
  if (codec.num_components != 1 && codec.num_components != 3 && !has_inks) {
    ci_fail(error, "a JPEG with %d components cannot be read: convert it to RGB", codec.num_components);
    longjmp(manager.jump, 1);
  }
  int width = (int)codec.image_width, height = (int)codec.image_height;
  if (first_row < 0 || rows < 0 || first_row > height - rows) {
    ci_fail(error, "rows outside the image were asked for");
    longjmp(manager.jump, 1);
  }
  codec.out_color_space = has_inks ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(&codec);
  JSAMPARRAY scratch = codec.mem->alloc_sarray((j_common_ptr)&codec, JPOOL_IMAGE, (JDIMENSION)width * 4, 1);
  if (first_row > 0) jpeg_skip_scanlines(&codec, (JDIMENSION)first_row);
  for (JDIMENSION end = (JDIMENSION)(first_row + rows); codec.output_scanline < end;) {
    JSAMPROW row = pixels + (size_t)width * 3 * (codec.output_scanline - (JDIMENSION)first_row);
    jpeg_read_scanlines(&codec, has_inks ? scratch : &row, 1);
    if (has_inks) ci_convert_inks(scratch[0], codec.saw_Adobe_marker, width, row);
  }
  bool complete = ci_has_ending(data, size, "\xff\xd9", 2);
  if (!complete && first_row + rows < height) {
    // Skipping to the very end would not read the data, but skipping up to the last row does.
    if (codec.output_scanline + 1 < codec.output_height)
      jpeg_skip_scanlines(&codec, codec.output_height - 1 - codec.output_scanline);
    jpeg_read_scanlines(&codec, scratch, 1);
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
  // The buffer has room for the worst case (27 bits per coefficient), so that libjpeg never replaces it. After an error
  // it would otherwise be unclear which buffer must be freed.
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
