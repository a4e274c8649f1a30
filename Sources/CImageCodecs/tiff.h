// The parts of the TIFF reader: the header, the rows as they are stored, and their pixels.
#ifndef CI_TIFF_H
#define CI_TIFF_H

#include <tiffio.h>

#include "codecs.h"

/// The largest number of channels, and of values in one image. Few bytes can claim any number of both.
#define CI_MAX_CHANNELS 1024
#define CI_MAX_VALUES (1ull << 29)
/// The largest memory for a strip, for a row of tiles, and for anything that libtiff allocates at once.
#define CI_MAX_BAND ((size_t)1000 << 20)

/// The types of stored values.
typedef enum {
  TIFF_BITS,  // 1, 2 or 4 bits
  TIFF_U8,
  TIFF_I8,
  TIFF_U16,
  TIFF_I16,
  TIFF_U32,
  TIFF_I32,
  TIFF_F16,
  TIFF_F32,
  TIFF_F64,
} tiff_type;

/// The roles of the channels.
typedef enum {
  TIFF_GRAY,
  TIFF_INDEX,  // of a palette's color
  TIFF_COLORS,  // red, green and blue come first
  TIFF_INKS,
  TIFF_OTHER,
} tiff_role;

/// The file's bytes, and the place for the first error.
typedef struct {
  const uint8_t *data;
  size_t size;
  size_t position;
  char *error;
  bool has_failed;
} tiff_source;

/// A page's description, checked.
typedef struct {
  int width;
  int height;
  int channels;
  int bits;
  tiff_type type;
  tiff_role role;
  /// Whether 0 is white.
  bool is_inverted;
  bool is_separate;
  bool is_lossy;
  int orientation;
  /// The value of pixels without data (GDAL); NAN if there is none.
  float no_data;
} tiff_page;

/// An open file at one of its pages.
typedef struct {
  tiff_source source;
  TIFF *tiff;
  tiff_page page;
} tiff_file;

/// The stored rows of a page, read a strip or a row of tiles at a time.
typedef struct {
  tiff_file *file;
  /// The number of planes: that of channels if each has its own, else 1.
  int planes;
  /// The bytes of a row in one plane.
  size_t row_bytes;
  int band_rows;
  /// The index of the band in memory; -1 for none.
  int held;
  uint8_t *memory;
  uint8_t *tile;
} tiff_rows;

/// Opens a file at its first page. `file` must not move until it is closed; on failure it is closed already.
bool ci_tiff_open(tiff_file *file, const uint8_t *data, size_t size, char *error);
void ci_tiff_close(tiff_file *file);
/// Goes on to the next page that is no preview and no mask of another one. `has_page` tells whether there is one.
bool ci_tiff_next(tiff_file *file, bool *has_page);
/// Counts the pages, and tells whether all are alike and have one channel. The file is left at its first page.
bool ci_tiff_count(tiff_file *file, int *pages, bool *are_channels);
/// The number of channels that CI_FLOATS gives.
int ci_tiff_planes(const tiff_page *first, int pages, bool are_channels);
/// The bytes of a value; 1 if it has fewer bits.
int ci_tiff_bytes(tiff_type type);
/// Writes that reading failed, unless libtiff has said why.
bool ci_tiff_fail(tiff_file *file, const char *reason);

/// Prepares to read rows. On success the memory must be freed by `ci_tiff_rows_end`.
bool ci_tiff_rows_begin(tiff_rows *rows, tiff_file *file);
/// A row of a plane; it is valid until the next call. NULL if it cannot be read.
const uint8_t *ci_tiff_row(tiff_rows *rows, int y, int plane);
void ci_tiff_rows_end(tiff_rows *rows);

#endif
