// Images of other channels and values than 8-bit RGB.
#pragma once

#include <vector>

#include "program.hpp"

namespace rt {

/// An image whose description has been checked against the network's.
class ChannelImage {
 public:
  ChannelImage(const rtseg_image &image, const Description &description);

  int32_t height() const { return image_.height; }
  int32_t width() const { return image_.width; }
  /// Writes the normalized channels as dense planes. Values that are not finite become 0, the mean.
  void normalize(std::vector<float> &planes) const;

 private:
  template <typename Value>
  void normalize(float *planes) const;

  rtseg_image image_;
  const Description &description_;
};

}  // namespace rt
