// The checks of instructions, by kernel.
#include <algorithm>
#include <cmath>

#include "check.hpp"

namespace rt {
namespace {

constexpr int32_t kLargestWindow = 1 << 15, kLargestSide = 1 << 24;

bool same_size(const TensorInfo &a, const TensorInfo &b) {
  return a.height == b.height && a.width == b.width && a.channels == b.channels;
}

/// Whether the elements are numbers, in floats or in bytes.
bool has_values(const TensorInfo &tensor) { return tensor.is_number() || tensor.content == Content::quantized; }

bool is_window_size(int32_t value) { return value >= 1 && value <= kLargestWindow; }

/// a * b * c == count, for factors of at least 1.
bool is_product(int64_t count, int64_t a, int64_t b, int64_t c) {
  return a <= count && b <= count / a && c <= count / a / b && a * b * c == count;
}

}  // namespace

void PlanCheck::expect_counts(size_t least, size_t most, size_t outputs) const {
  size_t count = instruction_->inputs.size();
  if (count < least || count > most) fail("it has %zu inputs, expected %zu to %zu", count, least, most);
  if (instruction_->outputs.size() != outputs) {
    fail("it has %zu outputs, expected %zu", instruction_->outputs.size(), outputs);
  }
}

void PlanCheck::expect_vector(int32_t weight, int64_t count, const char *what) const {
  if (weight == -1) return;
  if (weight < 0 || size_t(weight) >= weights_.size()) fail("%s is weight %d, which is not there", what, weight);
  int64_t found = weights_[size_t(weight)].count;
  if (found != count) {
    fail("%s has %lld elements, expected %lld", what, static_cast<long long>(found), static_cast<long long>(count));
  }
}

void PlanCheck::expect_activation(const Activation &activation, int32_t channels) const {
  if (activation.kind == CK_PRELU && activation.slopes == -1) fail("PReLU has no slopes");
  expect_vector(activation.slopes, channels, "the slope");
}

void PlanCheck::check(const Convolution &c) const {
  bool has_residual = c.residual != CK_RESIDUAL_NONE;
  expect_counts(1 + has_residual, 1 + has_residual);
  const TensorInfo &x = in(0), &y = out();
  expect(x.is_map() && y.is_map() && has_values(x) && has_values(y), "its tensors are no maps of numbers");
  expect(x.content == y.content || x.content == Content::quantized, "its input and output have different types");
  if (has_residual) {
    const TensorInfo &residual = in(1);
    expect(residual.is_map() && same_size(residual, y) && has_values(residual), "its residual does not fit its output");
    expect(residual.content == y.content || x.content == Content::quantized, "its residual has another type");
  }
  if (c.weight < 0 || size_t(c.weight) >= weights_.size()) fail("there is no weight %d", c.weight);
  const std::vector<int32_t> &sizes = weights_[size_t(c.weight)].sizes;
  expect(sizes.size() == 4, "its weight has not four dimensions");
  bool has_groups = c.groups >= 1 && x.channels % c.groups == 0 && y.channels % c.groups == 0;
  expect(has_groups, "its groups do not divide its channels");
  int32_t first = c.is_transposed ? x.channels : y.channels;
  int32_t second = (c.is_transposed ? y.channels : x.channels) / c.groups;
  if (sizes[0] != first || sizes[1] != second) {
    fail("its weight is %dx%dx%dx%d, expected %dx%d for %d channels to %d", sizes[0], sizes[1], sizes[2], sizes[3],
         first, second, x.channels, y.channels);
  }
  expect_vector(c.bias, y.channels, "the bias");
  expect_activation(c.activation, y.channels);
  expect(x.height <= kLargestSide && x.width <= kLargestSide && y.height <= kLargestSide && y.width <= kLargestSide,
         "its maps are too large");
  bool is_window = is_window_size(sizes[2]) && is_window_size(sizes[3]) && is_window_size(c.stride_height) &&
                   is_window_size(c.stride_width) && is_window_size(c.dilation_height) &&
                   is_window_size(c.dilation_width) && c.pad_top >= 0 && c.pad_top <= kLargestWindow &&
                   c.pad_left >= 0 && c.pad_left <= kLargestWindow;
  expect(is_window, "its kernel, stride, padding or dilation is out of range");
  auto expect_side = [&](int64_t from, int64_t to, int64_t kernel, int64_t stride, int64_t pad, int64_t dilation) {
    int64_t extent = (kernel - 1) * dilation + 1;
    if (c.is_transposed) {
      expect(dilation == 1, "it is transposed and dilated");
      expect(to + pad <= (from - 1) * stride + extent + std::max(stride, pad), "its output is too large");
    } else {
      int64_t after = (to - 1) * stride + extent - pad - from;
      expect(after <= std::max(pad, extent), "its output is too large");
      expect(after > -stride, "its output is too small");
    }
  };
  expect_side(x.height, y.height, sizes[2], c.stride_height, c.pad_top, c.dilation_height);
  expect_side(x.width, y.width, sizes[3], c.stride_width, c.pad_left, c.dilation_width);
}

void PlanCheck::check(const Affine &a) const {
  expect_counts(1, 1);
  expect(has_values(in(0)) && has_values(out()) && same_size(in(0), out()), "its input does not fit its output");
  expect_vector(a.scale, out().channels, "the scale");
  expect_vector(a.shift, out().channels, "the shift");
  expect_activation(a.activation, out().channels);
}

void PlanCheck::check(const Binary &b) const {
  expect_counts(2, 2);
  const TensorInfo &y = out();
  expect(has_values(y), "its output is no map of numbers");
  for (size_t i = 0; i < 2; ++i) {
    const TensorInfo &x = in(i);
    auto fits = [](int32_t size, int32_t of) { return size == of || size == 1; };
    bool broadcasts = fits(x.height, y.height) && fits(x.width, y.width) && fits(x.channels, y.channels);
    expect(x.content == y.content && broadcasts, "an operand does not fit its output");
  }
  expect_activation(b.activation, y.channels);
}

void PlanCheck::check(const Resize &r) const {
  expect_counts(1, 2);
  const TensorInfo &x = in(0), &y = out();
  expect(has_values(x) && x.content == y.content && x.channels == y.channels, "its input does not fit its output");
  expect(x.height <= kLargestSide && x.width <= kLargestSide && y.height <= kLargestSide && y.width <= kLargestSide,
         "its maps are too large");
  bool has_operand = instruction_->inputs.size() == 2;
  if (has_operand) {
    expect(in(1).content == y.content && same_size(in(1), y), "its operand does not fit its output");
    expect(r.op == CK_ADD || r.op == CK_MULTIPLY, "it neither adds nor multiplies");
  }
  expect(y.is_number() || (!has_operand && r.activation.kind == CK_IDENTITY), "it computes on bytes");
  expect_activation(r.activation, y.channels);
}

void PlanCheck::check(const ClassMap &) {
  expect_counts(1, 1);
  const TensorInfo &x = in(0), &y = out();
  expect(x.is_number() && y.content == Content::classes && y.channels == 1, "its tensors are not scores and classes");
  expect(x.channels <= 256, "it has more than 256 classes, which bytes cannot name");
  expect(x.height <= kLargestSide && x.width <= kLargestSide && y.height <= kLargestSide && y.width <= kLargestSide,
         "its maps are too large");
  if (class_count_ == 0) class_count_ = x.channels;
}

void PlanCheck::expect_window(const ck_window &w) const {
  const TensorInfo &x = in(0), &y = out();
  expect(x.is_map() && y.is_map() && has_values(x) && x.content == y.content && x.channels == y.channels,
         "its input does not fit its output");
  expect(x.height <= kLargestSide && x.width <= kLargestSide && y.height <= kLargestSide && y.width <= kLargestSide,
         "its maps are too large");
  bool is_window = is_window_size(w.kernel_height) && is_window_size(w.kernel_width) &&
                   is_window_size(w.stride_height) && is_window_size(w.stride_width) &&
                   is_window_size(w.dilation_height) && is_window_size(w.dilation_width) && w.pad_top >= 0 &&
                   w.pad_left >= 0 && w.pad_top < int64_t(w.kernel_height) * w.dilation_height &&
                   w.pad_left < int64_t(w.kernel_width) * w.dilation_width;
  expect(is_window, "its window is out of range");
  bool is_inside = int64_t(y.height - 1) * w.stride_height - w.pad_top < x.height &&
                   int64_t(y.width - 1) * w.stride_width - w.pad_left < x.width;
  expect(is_inside, "its output is too large");
}

void PlanCheck::check(const MaxPool &p) {
  bool has_positions = instruction_->outputs.size() > 1;
  expect_counts(1, 1, 1 + has_positions);
  expect_window(p.window);
  if (!has_positions) return;
  const TensorInfo &positions = out(1);
  expect(positions.content == Content::positions && positions.count == out().count, "its positions do not fit");
  expect(int64_t(in(0).height) * in(0).width <= INT32_MAX, "its input is too large for positions");
}

void PlanCheck::check(const AveragePool &p) const {
  expect_counts(1, 1);
  expect_window(p.window);
  expect(p.window.dilation_height == 1 && p.window.dilation_width == 1, "an average is dilated");
}

void PlanCheck::check(const AdaptiveAveragePool &) const {
  expect_counts(1, 1);
  const TensorInfo &x = in(0), &y = out();
  bool fits = has_values(x) && (x.content == y.content || (x.content == Content::quantized && y.is_number()));
  expect(fits && x.channels == y.channels, "its input does not fit its output");
}

void PlanCheck::check(const AdaptiveMaxPool &) const {
  expect_counts(1, 1);
  expect(has_values(in(0)) && in(0).content == out().content && in(0).channels == out().channels,
         "its input does not fit its output");
}

void PlanCheck::check(const MaxUnpool &) const {
  expect_counts(2, 2);
  const TensorInfo &x = in(0), &y = out();
  expect(in(1).content == Content::positions, "its second input is no map of positions");
  const Instruction &pool = plan_.instructions[pool_of_[instruction_->inputs[1]] - 1];
  const TensorInfo &before = plan_.tensors[pool.inputs[0]], &pooled = plan_.tensors[pool.outputs[0]];
  expect(x.is_map() && y.is_map() && has_values(x) && x.content == y.content && x.channels == y.channels &&
             same_size(x, pooled),
         "its input does not fit its positions and its output");
  expect(same_size(y, before), "its output has not the size of the map that the positions belong to");
}

void PlanCheck::check(const Copy &) const {
  expect_counts(1, 1);
  bool fits = in(0).content == out().content || (in(0).is_number() && out().is_number());
  expect(has_values(in(0)) && fits && same_size(in(0), out()), "its input does not fit its output");
}

void PlanCheck::check(const PermuteChannels &p) const {
  expect_counts(1, 1);
  const TensorInfo &x = in(0), &y = out();
  expect(has_values(x) && x.content == y.content && x.height == y.height && x.width == y.width,
         "its input does not fit its output");
  expect(p.source.size() == size_t(y.channels), "it names another number of channels than its output has");
  for (int32_t channel : p.source) {
    if (channel < 0 || channel >= x.channels) fail("it names channel %d of %d", channel, x.channels);
  }
}

void PlanCheck::check(const Interleave &) const {
  expect_counts(2, 3);
  const TensorInfo &a = in(0), &b = in(1), &y = out();
  expect(has_values(y) && a.content == y.content && b.content == y.content && same_size(a, b) &&
             a.height == y.height && a.width == y.width && y.channels % 2 == 0 && a.channels == y.channels / 2,
         "its inputs do not fit its output");
  if (instruction_->inputs.size() == 3) {
    const TensorInfo &scale = in(2);
    expect(y.is_number() && scale.content == y.content && scale.height == 1 && scale.width == 1 &&
               scale.channels == b.channels,
           "its scale does not fit its output");
  }
}

void PlanCheck::check(const PixelShuffle &p) const {
  expect_counts(1, 1);
  const TensorInfo &x = in(0), &y = out();
  expect(p.factor >= 1 && p.factor <= 1024, "its factor is out of range");
  int64_t factor = p.factor;
  expect(has_values(x) && x.content == y.content && y.height == x.height * factor && y.width == x.width * factor &&
             x.channels == y.channels * factor * factor,
         "its input does not fit its output");
}

void PlanCheck::check(const Softmax &) const {
  expect_counts(1, 1);
  expect(in(0).is_number() && in(0).content == out().content && same_size(in(0), out()),
         "its input does not fit its output");
}

void PlanCheck::check(const Reduce &) const {
  expect_counts(1, 1);
  const TensorInfo &x = in(0), &y = out();
  expect(x.is_number() && x.content == y.content && x.height == y.height && x.width == y.width && y.channels == 1,
         "its input does not fit its output");
}

void PlanCheck::check(const Join &) const {
  expect_counts(0, 0);
  expect(is_written(out()), "no earlier instruction has written all of its parts");
}

void PlanCheck::check(const MatrixProduct &m) const {
  expect_counts(2, 2);
  const TensorInfo &a = in(0), &b = in(1), &y = out();
  expect(y.is_number() && a.content == y.content && b.content == y.content && is_dense(a) && is_dense(b) && is_dense(y),
         "its tensors are not dense numbers of one type");
  bool has_sizes = m.batch >= 1 && m.rows >= 1 && m.inner >= 1 && m.columns >= 1 &&
                   (m.a_batch == 1 || m.a_batch == m.batch) && (m.b_batch == 1 || m.b_batch == m.batch);
  expect(has_sizes, "its sizes are out of range");
  bool fits = is_product(a.count, m.a_batch, m.rows, m.inner) && is_product(b.count, m.b_batch, m.inner, m.columns) &&
              is_product(y.count, m.batch, m.rows, m.columns);
  expect(fits, "its tensors do not fit its sizes");
}

void PlanCheck::check(const Normalize &n) const {
  expect_counts(1, 1);
  const TensorInfo &x = in(0), &y = out();
  expect(x.is_number() && x.content == y.content && same_size(x, y), "its input does not fit its output");
  expect(n.groups >= 0 && (n.groups == 0 || x.channels % n.groups == 0), "its groups do not divide its channels");
  expect(n.epsilon >= 0, "its epsilon is below 0");
  expect_vector(n.scale, y.channels, "the scale");
  expect_vector(n.shift, y.channels, "the shift");
}

void PlanCheck::check(const Rearrange &r) const {
  expect_counts(1, 1);
  const TensorInfo &x = in(0), &y = out();
  expect(has_values(x) && x.content == y.content && is_dense(x) && is_dense(y),
         "its tensors are not dense numbers of one type");
  auto expect_inside = [&](const TensorInfo &tensor, int64_t offset, const std::vector<int64_t> &strides) {
    expect(offset >= 0 && offset < tensor.count, "it begins outside of a tensor");
    int64_t room = tensor.count - 1 - offset;
    for (size_t i = 0; i < strides.size(); ++i) {
      int64_t steps = r.sizes[i] - 1;
      bool fits = strides[i] >= 0 && (steps == 0 || strides[i] <= room / steps);
      expect(fits, "it reaches outside of a tensor");
      room -= steps * strides[i];
    }
  };
  expect_inside(x, r.offset_in, r.strides_in);
  expect_inside(y, r.offset_out, r.strides_out);
}

void PlanCheck::check(const Host &) const {
  expect(hosted_, "a file cannot name operators of a host");
  for (size_t i = 0; i < instruction_->inputs.size(); ++i) expect(in(i).is_number(), "an input is no number");
  for (size_t i = 0; i < instruction_->outputs.size(); ++i) expect(out(i).is_number(), "an output is no number");
}

void PlanCheck::check(const Fill &f) const {
  expect_counts(0, 0);
  expect(out().is_number() && !std::isnan(f.value), "it fills no numbers");
}

}  // namespace rt
