#include "images.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

uint64_t ImageHeader::bytes() const {
  uint64_t pixels = uint64_t(size.height) * uint64_t(size.width);
  switch (format) {
    case RTSEG_RGB:
    case RTSEG_BGR: return pixels * 3;
    case RTSEG_GRAY: return pixels;
    case RTSEG_NV12: return pixels * 3 / 2;
    default: return 0;  // images of other channels have no header
  }
}

void ImageReader::fail(const std::string &what) const {
  if (std::ferror(file_)) throw Failure(name() + ": standard input cannot be read: " + std::strerror(errno));
  throw Failure(name() + ": " + what);
}

bool ImageReader::has_more() {
  int next = std::getc(file_);
  if (next == EOF) {
    if (std::ferror(file_)) fail("");
    return false;
  }
  std::ungetc(next, file_);
  return true;
}

/// Reads a number of a header after blanks and comments.
int ImageReader::read_number(const char *what, int most) {
  int next = std::getc(file_);
  while (next == '#' || next == ' ' || next == '\t' || next == '\r' || next == '\n') {
    if (next == '#') {
      while (next != '\n' && next != EOF) next = std::getc(file_);
    } else {
      next = std::getc(file_);
    }
  }
  int value = 0, digits = 0;
  for (; next >= '0' && next <= '9'; next = std::getc(file_), ++digits) value = std::min(value * 10 + next - '0', 1 << 24);
  if (!digits || value < 1 || value > most) {
    fail(std::string("the header's ") + what + " must be a number from 1 to " + std::to_string(most));
  }
  // One blank ends a number. The pixels begin after that of the last number.
  if (next == '#') std::ungetc(next, file_);
  else if (next != ' ' && next != '\t' && next != '\r' && next != '\n') fail("the header ends too early");
  return value;
}

bool ImageReader::read_header(ImageHeader &header) {
  // Some programs write line feeds between images.
  int first = std::getc(file_);
  while (count_ > 1 && (first == '\n' || first == '\r')) first = std::getc(file_);
  if (first == EOF) {
    if (std::ferror(file_)) fail("");
    if (count_ == 1) fail("standard input is empty; expected PPM or PGM images (or frames, with --raw)");
    return false;
  }
  int second = std::getc(file_);
  if (first != 'P' || (second != '6' && second != '5')) {
    fail("this is no binary PPM (P6) or PGM (P5) file. Convert other files, such as by `ffmpeg -i FILE -f image2pipe "
         "-c:v ppm -`");
  }
  header.format = second == '6' ? RTSEG_RGB : RTSEG_GRAY;
  header.size.width = read_number("width", 65536);
  header.size.height = read_number("height", 65536);
  int white = read_number("largest value", 65535);
  if (white != 255) fail("the largest value is " + std::to_string(white) + "; expected 255, which is 8 bits");
  return true;
}

void ImageReader::read_pixels(const ImageHeader &header, std::vector<uint8_t> &pixels) {
  // The memory grows with what is there, not with what a header says.
  constexpr uint64_t step = uint64_t(16) << 20;
  uint64_t bytes = header.bytes(), found = 0;
  while (found < bytes) {
    uint64_t wanted = std::min(bytes, found + step);
    if (pixels.size() < wanted) pixels.resize(wanted);
    uint64_t got = std::fread(pixels.data() + found, 1, wanted - found, file_);
    found += got;
    if (found < wanted) {
      fail("the pixels end after " + std::to_string(found) + " of " + std::to_string(bytes) + " bytes");
    }
  }
  ++count_;
}
