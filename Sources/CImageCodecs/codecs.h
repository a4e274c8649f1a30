// What the two codecs share.
#ifndef CI_CODECS_H
#define CI_CODECS_H

#include "CImageCodecs.h"

/// Writes a formatted text to `error` and returns false.
bool ci_fail(char *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// Whether the file's last bytes hold `marker`: a file without it is truncated, or carries something behind its end.
bool ci_has_ending(const uint8_t *data, size_t size, const char *marker, size_t length);

/// Checks sides and area against the limits.
bool ci_check_size(unsigned long width, unsigned long height, char *error);

bool ci_png_info(const uint8_t *data, size_t size, ci_info *out, char *error);
bool ci_png_decode(const uint8_t *data, size_t size, ci_layout layout, int first_row, int rows, int white,
                   uint8_t *pixels, char *error);
/// Walks through the chunks from the signature to IEND without reading what they hold. False, with an error, where one
/// reaches beyond the end. `orientation` becomes that of the eXIf chunk, if one was met before that.
bool ci_png_walk(const uint8_t *data, size_t size, int *orientation, char *error);

bool ci_jpeg_info(const uint8_t *data, size_t size, ci_info *out, char *error);
bool ci_jpeg_decode(const uint8_t *data, size_t size, ci_layout layout, int first_row, int rows, uint8_t *pixels,
                    char *error);

#endif
