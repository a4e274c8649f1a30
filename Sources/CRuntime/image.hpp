// Images as users give them, as rows of 8-bit RGB.
#pragma once

#include <vector>

#include "context.hpp"

namespace rt {

/// An image whose description has been checked.
class SourceImage {
 public:
  explicit SourceImage(const rtseg_image &image);

  int32_t height() const { return image_.height; }
  int32_t width() const { return image_.width; }
  /// Whether kernels can read it as it is.
  bool is_rgb() const { return image_.format == RTSEG_RGB; }
  /// The image as kernels take it, if it is RGB.
  ck_map map() const;
  /// Writes row `y` as RGB.
  void convert_row(int32_t y, uint8_t *rgb) const;

 private:
  rtseg_image image_;
};

/// Writes an image at the size of a map of RGB. It is sampled bilinearly with the geometry and the rounding of OpenCV's
/// INTER_LINEAR.
class ImageResizer {
 public:
  /// Writes all of `out`, on all threads. It allocates only if the image's size has changed.
  void operator()(ck_pool *pool, const SourceImage &image, const ck_map &out);

 private:
  /// The source of an output row or column: the first pixel, the distance to the second, and the shares of both, of
  /// 2048.
  struct Taps {
    int32_t first, second;
    int16_t share_first, share_second;
  };
  /// The memory of a thread: rows of the source in RGB, and two of them resampled along x.
  struct Lines {
    std::vector<uint8_t> rgb;
    std::vector<int16_t> sampled;
  };
  struct Work;

  static std::vector<Taps> taps(int32_t from, int32_t to, bool is_row);
  void resize_rows(const SourceImage &image, const ck_map &out, int32_t begin, int32_t end, Lines &lines) const;

  int32_t height_ = 0, width_ = 0;
  std::vector<Taps> rows_, columns_;
  std::vector<Lines> lines_;
};

}  // namespace rt
