// Transposed convolution. The outputs of one phase (row and column modulo the stride) are a plain convolution with the
// taps of that phase, whose outputs are written at distances of the stride.
#include <algorithm>
#include <numeric>

#include "convolution/plan.hpp"

namespace ck {
namespace {

/// The outputs of one phase in one direction.
struct Phase {
  int first, count;  // the outputs first, first + stride, ...
  int tap, taps;     // the kernel's taps tap, tap + stride, ...
  int pad;           // padding of the plain convolution; may be negative
};

std::vector<Phase> phases(int size, int kernel, int stride, int pad) {
  std::vector<Phase> found;
  for (int first = 0; first < std::min(stride, size); ++first) {
    int tap = (first + pad) % stride, taps = tap < kernel ? divide_up(kernel - tap, stride) : 0;
    found.push_back(
        {first, divide_up(size - first, stride), tap, taps, std::max(taps, 1) - 1 - (first + pad) / stride});
  }
  return found;
}

ck_map part(const ck_map &map, const ck_conv_desc &desc, int y, int x) {
  ck_map part = map;
  part.data = static_cast<char *>(map.data) + (y * map.row + x * map.pixel) * element_size(map.type);
  part.height = divide_up(map.height - y, desc.stride_height);
  part.width = divide_up(map.width - x, desc.stride_width);
  part.row *= desc.stride_height, part.pixel *= desc.stride_width;
  return part;
}

class TransposedPlan final : public ConvPlan {
 public:
  explicit TransposedPlan(const ConvSpec &spec) : desc_(spec.desc) {
    const ck_conv_desc &d = desc_;
    for (Phase high : phases(d.out_height, d.kernel_height, d.stride_height, d.pad_top)) {
      for (Phase wide : phases(d.out_width, d.kernel_width, d.stride_width, d.pad_left)) add(spec, high, wide);
    }
    algorithm = parts_[0].plan->algorithm;
    // A step covers whole steps of all parts. It is 0 if a part computes all its rows at once.
    row_step = d.stride_height;
    for (const Part &p : parts_) row_step = std::lcm(row_step, p.plan->row_step * d.stride_height);
  }

  void run(ck_pool *pool, const ck_map &in, const ck_map &out, const ck_map *residual, ck_rows rows) const override {
    int stride = desc_.stride_height;
    for (const Part &p : parts_) {
      ck_map to = part(out, desc_, p.y, p.x), from{};
      if (residual) from = part(*residual, desc_, p.y, p.x);
      // Rows begin at a multiple of the stride, but may end at any row.
      ck_rows own{rows.begin / stride, divide_up(rows.end - p.y, stride)};
      if (own.begin < own.end) p.plan->run(pool, in, to, residual ? &from : nullptr, own);
    }
  }

 private:
  struct Part {
    int y, x;
    std::unique_ptr<ConvPlan> plan;
  };

  void add(const ConvSpec &spec, Phase high, Phase wide) {
    ck_conv_desc d = desc_;
    d.kernel_height = std::max(high.taps, 1), d.kernel_width = std::max(wide.taps, 1);
    d.stride_height = d.stride_width = 1;
    d.out_height = high.count, d.out_width = wide.count;
    d.pad_top = high.pad, d.pad_left = wide.pad;
    int in_group = spec.in_group(), out_group = spec.out_group(), taps = d.kernel_height * d.kernel_width;
    // A phase without taps gets weights of zero, so its outputs are the bias.
    std::vector<float> weights(size_t(d.out_channels) * in_group * taps, 0.0f);
    for (int k = 0; k < d.out_channels; ++k) {
      for (int c = 0; c < in_group; ++c) {
        int64_t from = (int64_t(k / out_group * in_group + c) * out_group + k % out_group) * spec.taps();
        for (int i = 0; i < high.taps; ++i) {
          for (int j = 0; j < wide.taps; ++j) {
            int ky = high.tap + i * desc_.stride_height, kx = wide.tap + j * desc_.stride_width;
            int to = (high.taps - 1 - i) * d.kernel_width + wide.taps - 1 - j;
            weights[(size_t(k) * in_group + c) * taps + to] = spec.weights[from + ky * desc_.kernel_width + kx];
          }
        }
      }
    }
    Part part{high.first, wide.first, make_plan({d, weights.data(), spec.bias})};
    scratch_bytes = std::max(scratch_bytes, part.plan->scratch_bytes);
    shared_bytes = std::max(shared_bytes, part.plan->shared_bytes);
    parts_.push_back(std::move(part));
  }

  ck_conv_desc desc_;
  std::vector<Part> parts_;
};

}  // namespace

std::unique_ptr<ConvPlan> make_transposed_plan(const ConvSpec &spec) { return std::make_unique<TransposedPlan>(spec); }

}  // namespace ck
