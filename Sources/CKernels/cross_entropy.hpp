// Cross entropy of class scores that are upsampled on the fly, and its gradient: neither the upsampled scores nor their
// softmax are made. For the training's operators in CTorch, which runs parts of an image on libtorch's threads; it is
// C++, since CTorch's files cannot include headers of another target's C module.
#pragma once

#include <cstdint>

namespace ck {

/// One image: scores, resized bilinearly with aligned corners to the labels' size, against the labels.
struct CrossEntropy {
  /// Class c of the pixel (y, x) is at scores[c * channel + y * row + x * pixel].
  const float *scores;
  int64_t channel, row, pixel;
  int32_t classes, height, width;
  /// [label_height, label_width], without gaps.
  const int64_t *labels;
  int32_t label_height, label_width;
  /// Pixels of this label do not count.
  int64_t ignored;
  /// One factor for each class, or nullptr for none.
  const float *weights;
  /// The share of each label that all classes get evenly; 0 to 1.
  float smoothing;
};

/// Bands begin ..< end of an image. A band is between two rows of scores: it has the rows of pixels whose source
/// position, rounded down, is the band's number.
struct Bands {
  int32_t begin, end;
};

/// A gradient of the scores: that of class c of the pixel (y, x) is at c * channel + y * row + x * pixel.
struct ScoreGradient {
  /// Row b is what the pixels of band b give to row b of the scores, and to row b + 1. There is no `lower` (nullptr)
  /// where labels and scores have the same height.
  float *upper, *lower;
  int64_t channel, row, pixel;
};

/// The losses of the pixels in some bands. `losses` and `normalizers` are [label_height, label_width]; a normalizer is
/// the logarithm of the sum of a pixel's exponentials. Both are 0 where a pixel does not count. Throws std::exception
/// for a label that is neither a class nor `ignored`, and for want of memory.
void cross_entropy_forward(const CrossEntropy &problem, Bands bands, float *losses, float *normalizers);

/// The rows of the gradient that belong to some bands, from that of the losses and from the normalizers above. They
/// are the same however the bands are divided over calls.
void cross_entropy_backward(const CrossEntropy &problem, Bands bands, const float *gradients, const float *normalizers,
                            const ScoreGradient &to);

}  // namespace ck
