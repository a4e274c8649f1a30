#include "training/cross_entropy.hpp"

#include "core/shared.hpp"

#define CK_KERNELS "training/cross_entropy_kernels.hpp"
#include "simd/foreach_isa.hpp"

namespace ck {

static void check(const CrossEntropy &problem, Bands bands) {
  if (!problem.scores || !problem.labels || problem.classes < 1 || problem.height < 1 || problem.width < 1 ||
      problem.label_height < 1 || problem.label_width < 1) {
    fail("cross entropy: %d classes, scores of %dx%d, labels of %dx%d", problem.classes, problem.height, problem.width,
         problem.label_height, problem.label_width);
  }
  if (bands.begin < 0 || bands.begin > bands.end || bands.end > problem.height) {
    fail("cross entropy: bands %d ..< %d of %d", bands.begin, bands.end, problem.height);
  }
  if (!(problem.smoothing >= 0 && problem.smoothing <= 1)) {
    fail("cross entropy: label smoothing %g", double(problem.smoothing));
  }
}

void cross_entropy_forward(const CrossEntropy &problem, Bands bands, float *losses, float *normalizers) {
  check(problem, bands);
  CK_DISPATCH(entropy_forward)(problem, bands, losses, normalizers);
}

void cross_entropy_backward(const CrossEntropy &problem, Bands bands, const float *gradients, const float *normalizers,
                            const ScoreGradient &to) {
  check(problem, bands);
  if (!to.lower && problem.label_height != problem.height) fail("cross entropy: no lower rows");
  CK_DISPATCH(entropy_backward)(problem, bands, gradients, normalizers, to);
}

}  // namespace ck
