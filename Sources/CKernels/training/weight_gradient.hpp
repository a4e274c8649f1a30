// The gradient of a convolution's weights in training. The training operators in CTorch use it, because libtorch's is
// slow for maps with channels innermost on processors without AVX-512.
#pragma once

#include <cstdint>

namespace ck {

/// A convolution of a batch of float32 maps with channels innermost, [image][row][column][channel]. It has either one
/// group or, if it is depthwise, a group for each channel.
struct TrainedConvolution {
  int64_t images, height, width, channels;
  int64_t out_height, out_width, out_channels;
  int64_t kernel_height, kernel_width;
  int64_t stride_height, stride_width, pad_height, pad_width, dilation_height, dilation_width;
  bool is_depthwise;

  /// The number of weights.
  int64_t weights() const { return kernel_height * kernel_width * (is_depthwise ? 1 : channels) * out_channels; }
};

/// A part of the work: the sums over some rows of the outputs of all images, for some rows of the kernel and some input
/// and output channels. Depthwise convolutions have output channels alone.
struct WeightPart {
  int64_t line_begin, line_end, row_begin, row_end, in_begin, in_end, out_begin, out_end;
  /// The number of the copy of the weights' gradients to which the sums belong.
  int64_t copy;
};

/// The division of the work into parts. If there are few weights, the parts are rows of the outputs, so that maps are read
/// once, and each part has a copy of all gradients. Otherwise the parts are weights. Each gradient is the same sum in the
/// same order for any number of threads.
class WeightParts {
 public:
  /// - Parameter wanted: The least number of parts, if so many are possible.
  WeightParts(const TrainedConvolution &convolution, int64_t wanted);

  int64_t count() const { return lines_ * rows_ * in_ * out_; }
  /// The number of copies of the gradients, which are added up in order at the end.
  int64_t copies() const { return lines_; }
  WeightPart operator[](int64_t index) const;

 private:
  TrainedConvolution convolution_;
  int64_t channels_;
  /// The numbers of parts in each direction.
  int64_t lines_ = 1, rows_ = 1, in_ = 1, out_ = 1;
};

/// Computes the sums of a part.
/// - Parameters:
///   - x: The input.
///   - gradient: The gradient of the output.
///   - sums: All copies of the gradients, [copy][kernel row][kernel column][input channel][output channel], or for
///     depthwise convolutions [copy][kernel row][kernel column][channel]. Those of the part are written.
void weight_gradient(const TrainedConvolution &convolution, WeightPart part, const float *x, const float *gradient,
                     float *sums);

}  // namespace ck
