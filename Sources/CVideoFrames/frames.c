#include <stdlib.h>
#include <string.h>

#include "CVideoFrames.h"

// Compiled for AVX2 too, and chosen when the program starts.
#if defined(__x86_64__) && defined(__linux__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("avx2", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

static inline uint8_t byte(int32_t value) { return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value); }

/// One row, in pieces that stay in the processor's nearest cache: first three planes, then interleaved.
enum { kPiece = 512 };

FOR_EACH_PROCESSOR
static void convert_piece(const uint8_t *y, const uint8_t *u, const uint8_t *v, int32_t count, const cv_matrix *m,
                          uint8_t *red, uint8_t *green, uint8_t *blue) {
  const int32_t offset = m->luma_offset, luma = m->luma, red_v = m->red_v, green_u = m->green_u, green_v = m->green_v,
                blue_u = m->blue_u;
  for (int32_t x = 0; x < count; ++x) {
    int32_t base = (y[x] - offset) * luma + (1 << 12);
    int32_t du = u[x] - 128, dv = v[x] - 128;
    red[x] = byte((base + red_v * dv) >> 13);
    green[x] = byte((base + green_u * du + green_v * dv) >> 13);
    blue[x] = byte((base + blue_u * du) >> 13);
  }
}

FOR_EACH_PROCESSOR
static void double_row(const uint8_t *from, int32_t count, uint8_t *to) {
  for (int32_t x = 0; x < count; ++x) to[2 * x] = to[2 * x + 1] = from[x];
}

void cv_to_rgb(const cv_planes *frame, const cv_matrix *matrix, uint8_t *rgb) {
  const int32_t shift = frame->is_halved ? 1 : 0;
  const size_t chroma_width = (size_t)(frame->width + shift) >> shift;
  uint8_t red[kPiece], green[kPiece], blue[kPiece], u_row[kPiece + 2], v_row[kPiece + 2];
  for (int32_t row = 0; row < frame->height; ++row) {
    const uint8_t *y = frame->y + (size_t)row * (size_t)frame->width;
    const uint8_t *u = frame->u + (size_t)(row >> shift) * chroma_width;
    const uint8_t *v = frame->v + (size_t)(row >> shift) * chroma_width;
    for (int32_t start = 0; start < frame->width; start += kPiece) {
      int32_t count = frame->width - start < kPiece ? frame->width - start : kPiece;
      const uint8_t *piece_u = u + (start >> shift), *piece_v = v + (start >> shift);
      if (shift) {
        double_row(piece_u, (count + 1) / 2, u_row);
        double_row(piece_v, (count + 1) / 2, v_row);
        piece_u = u_row, piece_v = v_row;
      }
      convert_piece(y + start, piece_u, piece_v, count, matrix, red, green, blue);
      for (int32_t x = 0; x < count; ++x) {
        rgb[3 * x] = red[x], rgb[3 * x + 1] = green[x], rgb[3 * x + 2] = blue[x];
      }
      rgb += 3 * (size_t)count;
    }
  }
}

FOR_EACH_PROCESSOR
static void mix(uint8_t *values, const uint8_t *colors, size_t count, int32_t share) {
  const int32_t rest = 65536 - share;
  for (size_t i = 0; i < count; ++i) values[i] = (uint8_t)((values[i] * rest + colors[i] * share + 32768) >> 16);
}

void cv_overlay(const cv_planes *frame, const uint8_t *mask, const uint8_t *colors, int32_t share) {
  const int32_t height = frame->height, width = frame->width;
  uint8_t found[kPiece];
  size_t pixels = (size_t)height * (size_t)width;
  for (int32_t plane = 0; plane < (frame->is_halved ? 1 : 3); ++plane) {
    uint8_t *values = plane == 0 ? frame->y : plane == 1 ? frame->u : frame->v;
    const uint8_t *table = colors + 256 * plane;
    for (size_t start = 0; start < pixels; start += kPiece) {
      size_t count = pixels - start < kPiece ? pixels - start : kPiece;
      for (size_t i = 0; i < count; ++i) found[i] = table[mask[start + i]];
      mix(values + start, found, count, share);
    }
  }
  if (!frame->is_halved) return;
  // The color differences of four pixels are averaged. Those beyond an odd border count as their neighbours.
  const int32_t chroma_width = (width + 1) / 2;
  const uint8_t *blues = colors + 256, *reds = colors + 512;
  uint8_t found_v[kPiece];
  for (int32_t row = 0; row < (height + 1) / 2; ++row) {
    const uint8_t *above = mask + (size_t)(2 * row) * (size_t)width;
    const uint8_t *below = 2 * row + 1 < height ? above + width : above;
    for (int32_t start = 0; start < chroma_width; start += kPiece) {
      int32_t count = chroma_width - start < kPiece ? chroma_width - start : kPiece;
      for (int32_t i = 0; i < count; ++i) {
        int32_t left = 2 * (start + i), right = left + 1 < width ? left + 1 : left;
        uint8_t a = above[left], b = above[right], c = below[left], d = below[right];
        if (a == b && a == c && a == d) {
          found[i] = blues[a], found_v[i] = reds[a];
        } else {
          found[i] = (uint8_t)((blues[a] + blues[b] + blues[c] + blues[d] + 2) >> 2);
          found_v[i] = (uint8_t)((reds[a] + reds[b] + reds[c] + reds[d] + 2) >> 2);
        }
      }
      size_t place = (size_t)row * (size_t)chroma_width + (size_t)start;
      mix(frame->u + place, found, (size_t)count, share);
      mix(frame->v + place, found_v, (size_t)count, share);
    }
  }
}

FOR_EACH_PROCESSOR
void cv_average(float *average, const float *value, float share, size_t count) {
  const float rest = 1 - share;
  for (size_t i = 0; i < count; ++i) average[i] = average[i] * share + value[i] * rest;
}

FOR_EACH_PROCESSOR
static int32_t difference(const uint8_t *a, const uint8_t *b, int32_t count) {
  int32_t sum = 0;
  for (int32_t i = 0; i < count; ++i) sum += abs(a[i] - b[i]);
  return sum;
}

static int32_t changes(const uint8_t *a, const uint8_t *b, int32_t count) {
  int32_t sum = 0;
  for (int32_t i = 0; i < count; ++i) sum += a[i] != b[i];
  return sum;
}

cv_changes cv_count_changes(const uint8_t *luma, const uint8_t *luma_before, const uint8_t *mask,
                            const uint8_t *mask_before, int32_t height, int32_t width, float limit) {
  enum { kBlock = 16 };
  cv_changes found = {0, 0};
  for (int32_t top = 0; top < height; top += kBlock) {
    int32_t rows = height - top < kBlock ? height - top : kBlock;
    for (int32_t left = 0; left < width; left += kBlock) {
      int32_t columns = width - left < kBlock ? width - left : kBlock;
      int32_t sum = 0;
      for (int32_t row = top; row < top + rows; ++row) {
        size_t place = (size_t)row * (size_t)width + (size_t)left;
        sum += difference(luma + place, luma_before + place, columns);
      }
      if ((float)sum > limit * (float)(rows * columns)) continue;
      found.still += rows * columns;
      for (int32_t row = top; row < top + rows; ++row) {
        size_t place = (size_t)row * (size_t)width + (size_t)left;
        found.changed += changes(mask + place, mask_before + place, columns);
      }
    }
  }
  return found;
}
