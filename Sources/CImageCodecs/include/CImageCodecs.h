// PNG and JPEG in memory, over libpng and libjpeg-turbo.
//
// Every function returns true on success; on failure `error` says why in one line and nothing stays allocated.
// Pixels have 8 bits in each channel, are interleaved, and come in rows from the top without padding. Pixels are decoded
// as they are stored: `ci_info` tells the EXIF orientation, `ci_turn` turns the pixels. Color profiles, gamma and texts
// are skipped without being decompressed.
//
// Files may be hostile: lengths and sizes are checked before memory is taken or a decoder runs.
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
  /// Channels as stored: 1 gray or palette index, 2 gray and alpha, 3 RGB (JPEG: YCbCr too), 4 RGB and alpha (JPEG: CMYK).
  int channels;
  /// Bits of each channel as stored.
  int bit_depth;
  bool palette;
  /// EXIF's orientation, 1 to 8; 1 (upright) for files without one and for EXIF that is damaged. For 5 to 8, a viewer
  /// shows the image with width and height exchanged.
  int orientation;
} ci_info;

/// How pixels come out of a decoder.
typedef enum {
  /// Three channels. Gray, palettes and CMYK become RGB, 16 bits are reduced to 8, alpha is dropped.
  CI_RGB = 0,
  /// One channel with the mask's values: palette indices as stored, gray of 1, 2 or 4 bits scaled to 8, gray of 16 bits
  /// as it is (a value above 255 is an error). Color files and JPEG files are refused.
  CI_VALUES = 1,
} ci_layout;

/// The format, told by the file's first bytes.
ci_format ci_detect(const uint8_t *data, size_t size);

/// Reads the header and the EXIF orientation. `data` may be the beginning of a file; an orientation that lies behind its
/// end is not seen.
bool ci_read_info(const uint8_t *data, size_t size, ci_info *out, char *error);

/// Decodes the stored rows `first_row ..< first_row + rows` into `pixels`, which holds rows * width * (3 or 1) bytes. Rows
/// below are not decoded unless the file seems truncated; a truncated file is an error whichever rows are asked for.
/// `white` is the value of 16-bit images that becomes 255 (1 to 65535; higher values become 255 too); 0 keeps the upper
/// 8 of the 16 bits.
bool ci_decode(const uint8_t *data, size_t size, ci_layout layout, int first_row, int rows, int white, uint8_t *pixels,
               char *error);

/// The lowest and the highest value of a 16-bit PNG without its alpha channel; an error for other files.
bool ci_read_range(const uint8_t *data, size_t size, int *lowest, int *highest, char *error);

/// The orientation (1 to 8) in an EXIF block; 0 if it has none or is damaged.
int ci_exif_orientation(const uint8_t *data, size_t size);

/// Turns an image of `width` x `height` stored pixels as `orientation` (1 to 8) says and writes the rows
/// `first_row ..< first_row + rows` of the result, which is `height` pixels wide for 5 to 8.
void ci_turn(const uint8_t *pixels, int width, int height, int channels, int orientation, int first_row, int rows,
             uint8_t *out);

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
