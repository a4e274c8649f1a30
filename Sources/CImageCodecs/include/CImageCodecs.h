// Reading of PNG, JPEG, TIFF, WebP and BMP files in memory, and writing of PNG and JPEG files, by libpng, libjpeg-turbo,
// libtiff and libwebp.
//
// Every function returns true on success; on failure it returns false, `error` says why in one line, and nothing stays
// allocated. Pixels have 8 bits per channel unless a layout says otherwise, are interleaved, and come in rows from the top without padding. They are
// decoded as they are stored: `ci_info` has the EXIF orientation, and `ci_turn` turns the pixels. Color profiles, gamma
// and texts are skipped without being decompressed.
//
// Files may be hostile, so lengths and sizes are checked before memory is allocated or a decoder runs.
#ifndef CIMAGECODECS_H
#define CIMAGECODECS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The size of the buffer for an error's text.
#define CI_ERROR_SIZE 256
/// The largest side and area of an image. Larger images are refused, because a small file can claim to be huge.
#define CI_MAX_SIDE 65535
#define CI_MAX_PIXELS (1 << 27)

typedef enum { CI_UNKNOWN = 0, CI_PNG = 1, CI_JPEG = 2, CI_TIFF = 3, CI_WEBP = 4, CI_BMP = 5 } ci_format;

/// The kinds of values: whole numbers from 0 of up to 8 and of 16 bits, and all others.
typedef enum { CI_UINT8 = 0, CI_UINT16 = 1, CI_FLOAT32 = 2 } ci_kind;

typedef struct {
  ci_format format;
  int width;
  int height;
  /// The number of channels as stored: 1 for gray or a palette index, 2 for gray and alpha, 3 for RGB (in JPEG also
  /// YCbCr), 4 for RGB and alpha (in JPEG CMYK).
  int channels;
  /// The number of bits of each channel as stored.
  int bit_depth;
  ci_kind kind;
  /// The number of channels that CI_FLOATS writes.
  int planes;
  bool palette;
  /// Whether the values may differ from those that were saved, as in JPEG files.
  bool is_lossy;
  /// EXIF's orientation, 1 to 8. It is 1 (upright) for files without one and for damaged EXIF data. With 5 to 8, a
  /// viewer exchanges the width and the height.
  int orientation;
} ci_info;

/// The form of the pixels that a decoder writes.
typedef enum {
  /// Three channels. Gray, palettes and CMYK become RGB, 16 bits are reduced to 8, alpha is dropped. TIFF files of other
  /// types and of several pages are refused.
  CI_RGB = 0,
  /// One channel with the values of a mask: palette indices as stored, gray of 1, 2 or 4 bits scaled to 8 bits, gray of
  /// 16 bits as it is (a value above 255 is an error). Color files and files whose compression changes values are
  /// refused.
  CI_VALUES = 1,
  /// The same values with 16 bits each, in the processor's byte order.
  CI_WIDE_VALUES = 2,
  /// All channels as floats, also alpha; `planes` tells how many. Palettes become RGB, and whole numbers of less than 8
  /// bits are scaled to 8 bits. TIFF pages of one channel that are alike are channels. NAN stands for no data.
  CI_FLOATS = 3,
} ci_layout;

/// The format, recognized by the file's first bytes.
ci_format ci_detect(const uint8_t *data, size_t size);

/// Reads the header and the EXIF orientation. `data` may be the beginning of a file; an orientation beyond its end is
/// not seen.
bool ci_read_info(const uint8_t *data, size_t size, ci_info *out, char *error);

/// Decodes the stored rows `first_row ..< first_row + rows` into `pixels`, which holds rows * width * 3 bytes,
/// rows * width values, or rows * width * planes floats.
/// The rows below are not decoded unless the file seems truncated; a truncated file is an error, whichever rows are
/// asked for. `white` is the value of images of 16 bits that becomes 255 (1 to 65535; higher values become 255 too).
/// With 0 the upper 8 of the 16 bits are kept.
bool ci_decode(const uint8_t *data, size_t size, ci_layout layout, int first_row, int rows, int white, uint8_t *pixels,
               char *error);

/// Finds the lowest and the highest value of a PNG or TIFF of 16 bits, without its alpha channel. Fails for other files.
bool ci_read_range(const uint8_t *data, size_t size, int *lowest, int *highest, char *error);

/// The orientation (1 to 8) in an EXIF block; 0 if the block has none or is damaged.
int ci_exif_orientation(const uint8_t *data, size_t size);

/// Turns an image of `width` x `height` stored pixels as `orientation` (1 to 8) says, and writes the rows `first_row
/// ..< first_row + rows` of the result. With 5 to 8 the result is `height` pixels wide.
void ci_turn(const uint8_t *pixels, int width, int height, int channels, int orientation, int first_row, int rows,
             uint8_t *out);

/// Copies the palette of a PNG, TIFF or BMP as RGB triples. `count` is 0 for files without a palette. `palette` has room for 768
/// bytes.
bool ci_read_palette(const uint8_t *data, size_t size, uint8_t *palette, int *count, char *error);

/// Encodes 1 channel (gray, or palette indices if `palette` holds `palette_count` RGB triples) or 3 channels as PNG.
/// `level` is zlib's, 0 to 9. The result is freed with ci_free.
bool ci_encode_png(const uint8_t *pixels, int width, int height, int channels, const uint8_t *palette,
                   int palette_count, int level, uint8_t **out, size_t *out_size, char *error);

/// Encodes 1 or 3 channels as JPEG with a quality from 1 to 100. The result is freed with ci_free.
bool ci_encode_jpeg(const uint8_t *pixels, int width, int height, int channels, int quality, uint8_t **out,
                    size_t *out_size, char *error);

/// Frees the result of an encoder.
void ci_free(void *memory);

/// The names and versions of the libraries behind the codecs. The text is valid in this thread.
const char *ci_versions(void);

#endif
