#include <stdlib.h>
#include <string.h>

#include "tiff.h"

bool ci_tiff_rows_begin(tiff_rows *rows, tiff_file *file) {
  const tiff_page *page = &file->page;
  TIFF *tiff = file->tiff;
  *rows = (tiff_rows){.file = file, .planes = page->is_separate ? page->channels : 1, .held = -1};
  size_t values = (size_t)page->width * (page->is_separate ? 1 : page->channels);
  rows->row_bytes = (values * page->bits + 7) / 8;
  uint32_t band_rows = 0, tile_width = 0;
  bool is_tiled = TIFFIsTiled(tiff);
  if (is_tiled) {
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &tile_width);
    TIFFGetField(tiff, TIFFTAG_TILELENGTH, &band_rows);
    if (tile_width == 0 || band_rows == 0 || tile_width > CI_MAX_SIDE || band_rows > CI_MAX_SIDE ||
        tile_width % 8 != 0)
      return ci_tiff_fail(file, "the TIFF's tiles have a size that is not read");
  } else {
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &band_rows);
    if (band_rows == 0) return ci_tiff_fail(file, "the TIFF's strips have no rows");
    if (band_rows > (uint32_t)page->height) band_rows = (uint32_t)page->height;
  }
  rows->band_rows = (int)band_rows;
  size_t tile_row = ((size_t)tile_width * (page->is_separate ? 1 : page->channels) * page->bits + 7) / 8;
  // Rows of a form that is not known here, such as subsampled ones, have other sizes.
  uint64_t stored_row = is_tiled ? TIFFTileRowSize64(tiff) : TIFFScanlineSize64(tiff);
  if (stored_row != (is_tiled ? tile_row : rows->row_bytes))
    return ci_tiff_fail(file, "the TIFF's rows have a form that is not read");
  size_t tile_bytes = tile_row * band_rows;
  if (rows->row_bytes * band_rows > CI_MAX_BAND / (size_t)rows->planes || tile_bytes > CI_MAX_BAND)
    return ci_tiff_fail(file, is_tiled ? "the TIFF's tiles are too large" : "the TIFF's strips are too large");
  rows->memory = malloc(rows->row_bytes * band_rows * (size_t)rows->planes);
  if (is_tiled) rows->tile = malloc(tile_bytes);
  if (rows->memory && (rows->tile || !is_tiled)) return true;
  ci_tiff_rows_end(rows);
  return ci_tiff_fail(file, "out of memory");
}

void ci_tiff_rows_end(tiff_rows *rows) {
  free(rows->memory);
  free(rows->tile);
  rows->memory = rows->tile = NULL;
}

// GDAL leaves out tiles and strips that hold nothing but 0.
static bool is_left_out(TIFF *tiff, uint32_t index) {
  return TIFFGetStrileOffset(tiff, index) == 0 && TIFFGetStrileByteCount(tiff, index) == 0;
}

static bool read_strip(tiff_rows *rows, int y, int count, int plane, uint8_t *memory) {
  TIFF *tiff = rows->file->tiff;
  size_t size = rows->row_bytes * (size_t)count;
  uint32_t strip = TIFFComputeStrip(tiff, (uint32_t)y, (uint16_t)plane);
  if (is_left_out(tiff, strip)) {
    memset(memory, 0, size);
    return !rows->file->source.has_failed;
  }
  tmsize_t read = TIFFReadEncodedStrip(tiff, strip, memory, (tmsize_t)size);
  return read == (tmsize_t)size && !rows->file->source.has_failed;
}

static bool read_tiles(tiff_rows *rows, int y, int count, int plane, uint8_t *memory) {
  TIFF *tiff = rows->file->tiff;
  const tiff_page *page = &rows->file->page;
  uint32_t tile_width = 0;
  TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &tile_width);
  size_t bits = (size_t)page->bits * (page->is_separate ? 1 : page->channels), tile_row = tile_width * bits / 8;
  size_t tile_size = tile_row * (size_t)rows->band_rows;
  for (uint32_t x = 0; x < (uint32_t)page->width; x += tile_width) {
    uint32_t columns = (uint32_t)page->width - x < tile_width ? (uint32_t)page->width - x : tile_width;
    uint32_t index = TIFFComputeTile(tiff, x, (uint32_t)y, 0, (uint16_t)plane);
    if (is_left_out(tiff, index))
      memset(rows->tile, 0, tile_size);
    else if (TIFFReadEncodedTile(tiff, index, rows->tile, (tmsize_t)tile_size) != (tmsize_t)tile_size)
      return false;
    if (rows->file->source.has_failed) return false;
    for (int row = 0; row < count; row++)
      memcpy(memory + rows->row_bytes * (size_t)row + x * bits / 8, rows->tile + tile_row * (size_t)row,
             (columns * bits + 7) / 8);
  }
  return true;
}

const uint8_t *ci_tiff_row(tiff_rows *rows, int y, int plane) {
  int band = y / rows->band_rows, first = band * rows->band_rows;
  size_t band_bytes = rows->row_bytes * (size_t)rows->band_rows;
  if (band != rows->held) {
    int left = rows->file->page.height - first, count = left < rows->band_rows ? left : rows->band_rows;
    rows->held = -1;
    for (int i = 0; i < rows->planes; i++) {
      uint8_t *memory = rows->memory + band_bytes * (size_t)i;
      if (!(rows->tile ? read_tiles(rows, first, count, i, memory) : read_strip(rows, first, count, i, memory))) {
        ci_tiff_fail(rows->file, "the TIFF is truncated or damaged");
        return NULL;
      }
    }
    rows->held = band;
  }
  return rows->memory + band_bytes * (size_t)plane + rows->row_bytes * (size_t)(y - first);
}
