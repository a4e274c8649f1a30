// The parts that the codecs share.
#ifndef CI_CODECS_H
#define CI_CODECS_H

#include "CImageCodecs.h"

/// Writes a formatted message to `error` and returns false.
bool ci_fail(char *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// Whether the end of the file contains `marker`. A file without it is truncated, or has something else after its end.
bool ci_has_ending(const uint8_t *data, size_t size, const char *marker, size_t length);

/// Checks the sides and the area against the limits.
bool ci_check_size(unsigned long width, unsigned long height, char *error);

/// Converts CMYK to RGB with Pillow's rounding. Adobe's programs, and most others since, store the inks of JPEG files
/// inverted and say so by Adobe's marker.
void ci_convert_inks(const uint8_t *inks, bool inverted, int width, uint8_t *row);

/// Writes 8-bit values as floats. `out` need not be aligned.
void ci_write_floats(const uint8_t *values, size_t count, uint8_t *out);

bool ci_png_info(const uint8_t *data, size_t size, ci_info *out, char *error);
bool ci_png_decode(const uint8_t *data, size_t size, ci_layout layout, int first_row, int rows, int white,
                   uint8_t *pixels, char *error);
/// Walks through the chunks from the signature to IEND without reading their content. Fails with a message if a chunk
/// reaches beyond the end of the file. `orientation` is set to that of the eXIf chunk, if one comes before that.
bool ci_png_walk(const uint8_t *data, size_t size, int *orientation, char *error);

bool ci_png_range(const uint8_t *data, size_t size, int *lowest, int *highest, char *error);
bool ci_png_palette(const uint8_t *data, size_t size, uint8_t *palette, int *count, char *error);

bool ci_jpeg_info(const uint8_t *data, size_t size, ci_info *out, char *error);
bool ci_jpeg_decode(const uint8_t *data, size_t size, ci_layout layout, int first_row, int rows, uint8_t *pixels,
                    char *error);

bool ci_tiff_info(const uint8_t *data, size_t size, ci_info *out, char *error);
bool ci_tiff_decode(const uint8_t *data, size_t size, ci_layout layout, int first_row, int rows, int white,
                    uint8_t *pixels, char *error);
bool ci_tiff_range(const uint8_t *data, size_t size, int *lowest, int *highest, char *error);
bool ci_tiff_palette(const uint8_t *data, size_t size, uint8_t *palette, int *count, char *error);

bool ci_webp_info(const uint8_t *data, size_t size, ci_info *out, char *error);
bool ci_webp_decode(const uint8_t *data, size_t size, ci_layout layout, int first_row, int rows, uint8_t *pixels,
                    char *error);

/// Whether the file begins as a BMP does. Its mark of two letters alone would say little.
bool ci_bmp_detect(const uint8_t *data, size_t size);
bool ci_bmp_info(const uint8_t *data, size_t size, ci_info *out, char *error);
bool ci_bmp_decode(const uint8_t *data, size_t size, ci_layout layout, int first_row, int rows, uint8_t *pixels,
                   char *error);
bool ci_bmp_palette(const uint8_t *data, size_t size, uint8_t *palette, int *count, char *error);

#endif
