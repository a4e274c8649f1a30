// PNG and JPEG in memory, over libpng and libjpeg-turbo.
//
// Every function returns true on success; on failure `error` says why in one line and nothing stays allocated.
// Pixels are 8 bits a channel, interleaved, rows from the top without padding. EXIF orientation, color profiles and
// gamma are ignored.
#ifndef CIMAGECODECS_H
#define CIMAGECODECS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Room for an error's text.
#define CI_ERROR_SIZE 256
/// Larger images are refused: a small file can claim to be huge.
#define CI_MAX_SIDE 65535
#define CI_MAX_PIXELS (1 << 27)

typedef enum { CI_UNKNOWN = 0, CI_PNG = 1, CI_JPEG = 2 } ci_format;

typedef struct {
  ci_format format;
  int width;
  int height;
  /// Channels as stored: 1 gray or palette index, 2 gray and alpha, 3 RGB (JPEG: YCbCr too), 4 RGB and alpha.
  int channels;
  /// Bits a channel as stored.
  int bit_depth;
  bool palette;
} ci_info;

/// How pixels come out of a decoder.
typedef enum {
  /// Three channels; gray and palettes are expanded, 16 bits reduced to 8, alpha dropped.
  CI_RGB = 0,
  /// One channel; palettes and colors become luma, 16 bits are reduced to 8, alpha dropped.
  CI_GRAY = 1,
  /// One channel with the mask's values: palette indices as stored, gray of 1, 2 or 4 bits scaled to 8, gray of 16
  /// bits as it is (an error where a value exceeds 255). Color files are refused.
  CI_VALUES = 2,
} ci_layout;

/// The format, told by the file's first bytes.
ci_format ci_detect(const uint8_t *data, size_t size);

/// Reads the header alone.
bool ci_read_info(const uint8_t *data, size_t size, ci_info *out, char *error);

/// Decodes rows `first_row ..< first_row + rows` into `pixels`, which holds rows * width * (3 or 1) bytes. Rows below
/// are not decoded unless the file seems truncated; a truncated file is an error whichever rows are asked for.
bool ci_decode(const uint8_t *data, size_t size, ci_layout layout, int first_row, int rows, uint8_t *pixels,
               char *error);

/// Copies the palette of a palette PNG as RGB triples; `count` is 0 for other files. `palette` holds 768 bytes.
bool ci_read_palette(const uint8_t *data, size_t size, uint8_t *palette, int *count, char *error);

/// Encodes 1 channel (gray, or palette indices where `palette` holds `palette_count` RGB triples) or 3 channels as PNG.
/// `level` is zlib's, 0 to 9. The result is freed with ci_free.
bool ci_encode_png(const uint8_t *pixels, int width, int height, int channels, const uint8_t *palette,
                   int palette_count, int level, uint8_t **out, size_t *out_size, char *error);

/// Encodes 1 or 3 channels as JPEG, quality 1 to 100. The result is freed with ci_free.
bool ci_encode_jpeg(const uint8_t *pixels, int width, int height, int channels, int quality, uint8_t **out,
                    size_t *out_size, char *error);

void ci_free(void *memory);

/// Names and versions of the libraries behind the codecs.
const char *ci_versions(void);

#endif
