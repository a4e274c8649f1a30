#include "channel_image.hpp"

#include <cmath>
#include <cstring>

#include "error.hpp"

namespace rt {

constexpr int32_t kLargestSide = 1 << 20;
static const char *const kTypes[] = {"uint8", "uint16", "float32"};

ChannelImage::ChannelImage(const rtseg_image &image, const Description &description)
    : image_(image), description_(description) {
  int format = int(image.format), first = int(RTSEG_CHANNELS_UINT8);
  PixelType wanted = description.type;
  bool is_channels = format >= first && format <= int(RTSEG_CHANNELS_FLOAT32);
  if (!is_channels || (wanted != PixelType::float32 && format - first != int(wanted))) {
    fail(RTSEG_INVALID_ARGUMENT, "the image's format is %d: the network takes %d channels of type %s, the format %d",
         format, description.channels, kTypes[size_t(wanted)], first + int(wanted));
  }
  if (image.height < 1 || image.width < 1 || image.height > kLargestSide || image.width > kLargestSide) {
    fail(RTSEG_INVALID_ARGUMENT, "the image is %dx%d pixels, expected 1 to %d on each side", image.height, image.width,
         kLargestSide);
  }
  if (!image.data[0]) fail(RTSEG_INVALID_ARGUMENT, "the image's pixels are missing");
  int64_t bytes = format == first ? 1 : format == first + 1 ? 2 : 4;
  int64_t least = int64_t(image.width) * description.channels * bytes;
  if (image_.stride[0] == 0) image_.stride[0] = least;
  if (image_.stride[0] < least) {
    fail(RTSEG_INVALID_ARGUMENT, "rows of the image are %lld bytes apart, but they have %lld bytes",
         static_cast<long long>(image_.stride[0]), static_cast<long long>(least));
  }
}

template <typename Value>
void ChannelImage::normalize(float *planes) const {
  double white = description_.type == PixelType::uint8 ? 255 : description_.type == PixelType::uint16 ? 65535 : 1;
  size_t channels = size_t(description_.channels), width = size_t(image_.width);
  size_t area = size_t(image_.height) * width;
  for (int32_t y = 0; y < image_.height; ++y) {
    const uint8_t *row = image_.data[0] + y * image_.stride[0];
    for (size_t c = 0; c < channels; ++c) {
      double mean = description_.channel_mean[c], deviation = description_.channel_std[c];
      float *out = planes + c * area + size_t(y) * width;
      for (size_t x = 0; x < width; ++x) {
        Value value;
        std::memcpy(&value, row + (x * channels + c) * sizeof value, sizeof value);
        auto number = double(value);
        out[x] = std::isfinite(number) ? float((number / white - mean) / deviation) : 0;
      }
    }
  }
}

void ChannelImage::normalize(std::vector<float> &planes) const {
  planes.resize(size_t(description_.channels) * size_t(image_.height) * size_t(image_.width));
  switch (image_.format) {
    case RTSEG_CHANNELS_UINT8: return normalize<uint8_t>(planes.data());
    case RTSEG_CHANNELS_UINT16: return normalize<uint16_t>(planes.data());
    default: return normalize<float>(planes.data());
  }
}

}  // namespace rt
