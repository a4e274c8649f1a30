#include <string.h>

#include "codecs.h"

static unsigned read_16(const uint8_t *bytes, bool big) {
  return big ? (unsigned)bytes[0] << 8 | bytes[1] : (unsigned)bytes[1] << 8 | bytes[0];
}

static uint32_t read_32(const uint8_t *bytes, bool big) {
  uint32_t first = read_16(bytes, big), second = read_16(bytes + 2, big);
  return big ? first << 16 | second : second << 16 | first;
}

int ci_exif_orientation(const uint8_t *data, size_t size) {
  if (size >= 6 && memcmp(data, "Exif\0", 5) == 0) {
    data += 6;
    size -= 6;
  }
  if (size < 8) return 0;
  bool big = memcmp(data, "MM\0*", 4) == 0;
  if (!big && memcmp(data, "II*\0", 4) != 0) return 0;
  size_t directory = read_32(data + 4, big);
  if (directory < 8 || directory > size - 2) return 0;
  const uint8_t *entry = data + directory + 2;
  size_t count = read_16(data + directory, big), whole = (size - directory - 2) / 12;
  for (size_t i = 0; i < count && i < whole; i++, entry += 12) {
    enum { orientation_tag = 0x0112, type_short = 3 };
    if (read_16(entry, big) != orientation_tag) continue;
    if (read_16(entry + 2, big) != type_short || read_32(entry + 4, big) != 1) return 0;
    unsigned value = read_16(entry + 8, big);
    return value >= 1 && value <= 8 ? (int)value : 0;
  }
  return 0;
}

void ci_turn(const uint8_t *pixels, int width, int height, int channels, int orientation, int first_row, int rows,
             uint8_t *out) {
  bool exchanges = orientation >= 5;
  int columns = exchanges ? height : width;
  // The place where the result's first pixel is stored, and the distances in memory of a step along its rows and
  // columns.
  bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  ptrdiff_t across = from_right ? -channels : channels;
  ptrdiff_t down = (ptrdiff_t)width * (from_bottom ? -channels : channels);
  const uint8_t *origin = pixels + (from_right ? (ptrdiff_t)(width - 1) * channels : 0) +
                          (from_bottom ? (ptrdiff_t)(height - 1) * width * channels : 0);
  ptrdiff_t column_step = exchanges ? down : across, row_step = exchanges ? across : down;
  // Working in tiles keeps the stored pixels in the cache if rows become columns.
  enum { tile = 64 };
  for (int top = 0; top < rows; top += tile)
    for (int left = 0; left < columns; left += tile)
      for (int y = top; y < rows && y < top + tile; y++) {
        const uint8_t *source = origin + row_step * (first_row + y) + column_step * left;
        uint8_t *target = out + ((size_t)y * columns + left) * channels;
        for (int x = left; x < columns && x < left + tile; x++, source += column_step)
          for (int channel = 0; channel < channels; channel++) *target++ = source[channel];
      }
}
