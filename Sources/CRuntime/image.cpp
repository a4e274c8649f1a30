#include "image.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace rt {

constexpr int32_t kLargestSide = 1 << 20;

static const char *name(rtseg_format format) {
  switch (format) {
    case RTSEG_RGB: return "RGB";
    case RTSEG_BGR: return "BGR";
    case RTSEG_GRAY: return "gray";
    case RTSEG_NV12: return "NV12";
    case RTSEG_CHANNELS_UINT8:
    case RTSEG_CHANNELS_UINT16:
    case RTSEG_CHANNELS_FLOAT32: fail(RTSEG_INVALID_ARGUMENT, "the network takes RGB, not channels of its own");
  }
  fail(RTSEG_INVALID_ARGUMENT, "the image's format is %d, expected 0 to 3", int(format));
}

SourceImage::SourceImage(const rtseg_image &image) : image_(image) {
  const char *format = name(image.format);
  bool is_nv12 = image.format == RTSEG_NV12;
  if (image.height < 1 || image.width < 1 || image.height > kLargestSide || image.width > kLargestSide) {
    fail(RTSEG_INVALID_ARGUMENT, "the image is %dx%d pixels, expected 1 to %d on each side", image.height, image.width,
         kLargestSide);
  }
  if (is_nv12 && (image.height % 2 || image.width % 2)) {
    fail(RTSEG_INVALID_ARGUMENT, "an NV12 image of %dx%d: both sides must be even", image.height, image.width);
  }
  int64_t least = int64_t(image.width) * (image.format == RTSEG_RGB || image.format == RTSEG_BGR ? 3 : 1);
  for (int plane = 0; plane < (is_nv12 ? 2 : 1); ++plane) {
    if (!image.data[plane]) fail(RTSEG_INVALID_ARGUMENT, "plane %d of the %s image is missing", plane, format);
    int64_t &stride = image_.stride[plane];
    if (stride == 0) stride = least;
    if (stride < least) {
      fail(RTSEG_INVALID_ARGUMENT, "rows of plane %d are %lld bytes apart, but rows of this %s image have %lld bytes",
           plane, static_cast<long long>(stride), format, static_cast<long long>(least));
    }
  }
}

ck_map SourceImage::map() const {
  return {const_cast<uint8_t *>(image_.data[0]), image_.height, image_.width, 3, CK_UINT8, image_.stride[0], 3};
}

/// BT.601 with limited range: luma from 16 to 235, differences around 128. The factors are of 2^16.
static uint8_t clamp_byte(int32_t value) { return uint8_t(std::clamp(value, 0, 255)); }

void SourceImage::convert_row(int32_t y, uint8_t *rgb) const {
  const uint8_t *from = image_.data[0] + y * image_.stride[0];
  int32_t width = image_.width;
  switch (image_.format) {
    case RTSEG_RGB: std::memcpy(rgb, from, size_t(width) * 3); break;
    case RTSEG_BGR:
      for (int32_t x = 0; x < width; ++x) {
        rgb[3 * x] = from[3 * x + 2], rgb[3 * x + 1] = from[3 * x + 1], rgb[3 * x + 2] = from[3 * x];
      }
      break;
    case RTSEG_GRAY:
      for (int32_t x = 0; x < width; ++x) rgb[3 * x] = rgb[3 * x + 1] = rgb[3 * x + 2] = from[x];
      break;
    case RTSEG_NV12: {
      const uint8_t *differences = image_.data[1] + y / 2 * image_.stride[1];
      for (int32_t x = 0; x < width; ++x) {
        int32_t luma = 76309 * (from[x] - 16) + 32768;
        int32_t blue = differences[x / 2 * 2] - 128, red = differences[x / 2 * 2 + 1] - 128;
        rgb[3 * x] = clamp_byte((luma + 104597 * red) >> 16);
        rgb[3 * x + 1] = clamp_byte((luma - 25675 * blue - 53279 * red) >> 16);
        rgb[3 * x + 2] = clamp_byte((luma + 132201 * blue) >> 16);
      }
      break;
    }
    case RTSEG_CHANNELS_UINT8:
    case RTSEG_CHANNELS_UINT16:
    case RTSEG_CHANNELS_FLOAT32: break;  // refused when the image was made
  }
}

std::vector<ImageResizer::Taps> ImageResizer::taps(int32_t from, int32_t to, bool is_row) {
  std::vector<Taps> taps(static_cast<size_t>(to));
  double step = 1 / (double(to) / double(from));
  auto fixed = [](float share) { return int16_t(std::nearbyint(share * 2048)); };
  for (int32_t i = 0; i < to; ++i) {
    auto exact = float((i + 0.5) * step - 0.5);
    float floor = std::floor(exact), share = exact - floor;
    auto first = int32_t(floor);
    Taps &tap = taps[size_t(i)];
    tap = {std::clamp(first, 0, from - 1), std::clamp(first + 1, 0, from - 1), fixed(1 - share), fixed(share)};
    // Along x the whole weight lies on the outermost pixel at the edges.
    if (!is_row && (first < 0 || first >= from - 1)) tap.share_first = 2048, tap.share_second = 0;
  }
  return taps;
}

struct ImageResizer::Work {
  ImageResizer *resizer;
  const SourceImage *image;
  const ck_map *out;
  int32_t pieces;

  static void run(void *context, int32_t index, int32_t thread) {
    auto &work = *static_cast<Work *>(context);
    auto row = [&](int32_t piece) { return int32_t(int64_t(work.out->height) * piece / work.pieces); };
    work.resizer->resize_rows(*work.image, *work.out, row(index), row(index + 1),
                              work.resizer->lines_[size_t(thread)]);
  }
};

void ImageResizer::operator()(ck_pool *pool, const SourceImage &image, const ck_map &out) {
  auto threads = size_t(256);
  if (lines_.empty()) lines_.resize(threads);
  auto count = size_t(ck_pool_threads(pool));
  if (height_ != image.height() || width_ != image.width()) {
    rows_ = taps(image.height(), out.height, true);
    columns_ = taps(image.width(), out.width, false);
    height_ = image.height(), width_ = image.width();
  }
  for (size_t thread = 0; thread < count; ++thread) {
    lines_[thread].rgb.resize(size_t(image.width()) * 3);
    lines_[thread].sampled.resize(size_t(out.width) * 6);
  }
  Work work{this, &image, &out, std::min(out.height, int32_t(count) * 4)};
  if (count == 1) work.pieces = 1;
  if (!ck_pool_run(pool, work.pieces, Work::run, &work)) fail_kernel("image");
}

void ImageResizer::resize_rows(const SourceImage &image, const ck_map &out, int32_t begin, int32_t end,
                               Lines &lines) const {
  auto *pixels = static_cast<uint8_t *>(out.data);
  bool is_scaled = image.height() != out.height || image.width() != out.width;
  if (!is_scaled) {
    for (int32_t y = begin; y < end; ++y) image.convert_row(y, pixels + y * out.row);
    return;
  }
  size_t values = size_t(out.width) * 3;
  int32_t held[2] = {-1, -1};
  // Each row of the source is resampled once; rows that are mixed have numbers of different parity, or are the same.
  auto line = [&](int32_t row) -> const int16_t * {
    int16_t *to = lines.sampled.data() + (row & 1) * values;
    if (held[row & 1] == row) return to;
    held[row & 1] = row;
    image.convert_row(row, lines.rgb.data());
    for (size_t x = 0; x < columns_.size(); ++x) {
      const Taps &tap = columns_[x];
      const uint8_t *first = lines.rgb.data() + size_t(tap.first) * 3;
      const uint8_t *second = lines.rgb.data() + size_t(tap.second) * 3;
      for (size_t c = 0; c < 3; ++c) {
        to[x * 3 + c] = int16_t((first[c] * tap.share_first + second[c] * tap.share_second) >> 4);
      }
    }
    return to;
  };
  for (int32_t y = begin; y < end; ++y) {
    const Taps &tap = rows_[size_t(y)];
    const int16_t *upper = line(tap.first), *lower = line(tap.second);
    uint8_t *to = pixels + y * out.row;
    for (size_t i = 0; i < values; ++i) {
      int32_t sum = ((upper[i] * tap.share_first) >> 16) + ((lower[i] * tap.share_second) >> 16);
      to[i] = uint8_t((sum + 2) >> 2);
    }
  }
}

}  // namespace rt
