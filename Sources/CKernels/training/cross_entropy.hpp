// Cross entropy of class scores that are upsampled on the fly, and its gradient. Neither the upsampled scores nor their
// softmax are stored. The training operators in CTorch use it and run parts of an image on libtorch's threads. The
// interface is C++, because CTorch's files cannot include headers of another target's C module.
#pragma once

#include <cstdint>

namespace ck {

/// The scores of one image, which are resized bilinearly with aligned corners to the labels' size, and the labels.
struct CrossEntropy {
  /// Class c of the pixel (y, x) is at scores[c * channel + y * row + x * pixel].
  const float *scores;
  int64_t channel, row, pixel;
  int32_t classes, height, width;
  /// The labels, [label_height, label_width] without gaps.
  const int64_t *labels;
  int32_t label_height, label_width;
  /// The label of pixels that do not count.
  int64_t ignored;
  /// One factor per class; nullptr for none.
  const float *weights;
  /// The share of each label that is spread evenly over all classes, from 0 to 1.
  float smoothing;
};

/// The bands begin ..< end of an image. A band lies between two rows of scores: it consists of the pixel rows whose
/// source position, rounded down, is the band's number.
struct Bands {
  int32_t begin, end;
};

/// A gradient of the scores. The gradient of class c of the pixel (y, x) is at c * channel + y * row + x * pixel.
struct ScoreGradient {
  /// Row b holds what the pixels of band b contribute to row b of the scores (upper) and to row b + 1 (lower). If
  /// labels and scores have the same height, `lower` is nullptr.
  float *upper, *lower;
  int64_t channel, row, pixel;
};

/// Computes the losses of the pixels in some bands. `losses` and `normalizers` are [label_height, label_width]. A
/// normalizer is the logarithm of the sum of a pixel's exponentials. Both are 0 for a pixel that does not count. Throws
/// std::exception for a label that is neither a class nor `ignored`, and if memory runs out.
void cross_entropy_forward(const CrossEntropy &problem, Bands bands, float *losses, float *normalizers);

/// Computes the rows of the gradient that belong to some bands, from the gradient of the losses and the normalizers
/// above. The result does not depend on how the bands are divided over calls.
void cross_entropy_backward(const CrossEntropy &problem, Bands bands, const float *gradients, const float *normalizers,
                            const ScoreGradient &to);

}  // namespace ck
