// Arithmetic on the pixels of video frames: conversion between YUV and RGB, overlays, and averages of scores. Planes have no
// gaps between rows.
#ifndef CVIDEOFRAMES_H
#define CVIDEOFRAMES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Factors that turn 8-bit luma and color differences into 8-bit RGB, as multiples of 2^-13.
typedef struct {
  int32_t luma_offset, luma;
  int32_t red_v, green_u, green_v, blue_u;
} cv_matrix;

/// The three planes of a frame. The color differences have half the luma's height and width, rounded up, if `is_halved`,
/// and all of them otherwise.
typedef struct {
  uint8_t *y, *u, *v;
  int32_t height, width, is_halved;
} cv_planes;

/// Writes the frame as interleaved RGB. Each color difference holds for all pixels that share it.
void cv_to_rgb(const cv_planes *frame, const cv_matrix *matrix, uint8_t *rgb);

/// Lays colors over the frame. `colors` has the luma of each of the 256 values that `mask` may have, then their first and
/// then their second color differences. `mask` has one value per pixel. `share`, from 0 to 65536, is the colors' share of 65536.
void cv_overlay(const cv_planes *frame, const uint8_t *mask, const uint8_t *colors, int32_t share);

/// Computes average = average * share + value * (1 - share) for each of `count` numbers.
void cv_average(float *average, const float *value, float share, size_t count);

/// Numbers of pixels.
typedef struct {
  int64_t still, changed;
} cv_changes;

/// Counts the pixels of the blocks of 16x16 pixels whose luma differs from that before by at most `limit` on average, and
/// among them those whose value in the mask differs from that before.
cv_changes cv_count_changes(const uint8_t *luma, const uint8_t *luma_before, const uint8_t *mask,
                            const uint8_t *mask_before, int32_t height, int32_t width, float limit);

#ifdef __cplusplus
}
#endif
#endif
