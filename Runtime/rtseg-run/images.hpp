// Images from a stream.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "options.hpp"

/// The size and layout of an image whose pixels follow in the stream.
struct ImageHeader {
  rtseg_format format = RTSEG_RGB;
  rtseg_size size = {0, 0};

  /// The number of bytes of all pixels.
  uint64_t bytes() const;
};

/// Reads images or raw frames, one after the other.
class ImageReader {
 public:
  explicit ImageReader(std::FILE *file) : file_(file) {}

  /// Reads the header of a PPM or PGM file. Returns false at the end of the stream.
  bool read_header(ImageHeader &header);
  /// Returns false at the end of the stream, and else expects a raw frame.
  bool has_more();
  /// Reads the pixels of an image.
  void read_pixels(const ImageHeader &header, std::vector<uint8_t> &pixels);
  /// "image 3" or "frame 3": what an error concerns.
  std::string name() const { return "image " + std::to_string(count_); }

 private:
  std::FILE *file_;
  uint64_t count_ = 1;

  [[noreturn]] void fail(const std::string &what) const;
  int read_number(const char *what, int most);
};
