// Reads the sections of a file into a program.
#include <cmath>
#include <cstring>

#include "program.hpp"
#include "reader.hpp"
#include "sections.hpp"

namespace rt {
namespace {

/// The largest number of elements of a tensor or a weight; products of sizes stay far below the limits of int64.
constexpr int64_t kMostElements = int64_t(1) << 40;

std::vector<int32_t> read_sizes(Reader &in, const char *what, int least) {
  uint8_t rank = in.u8();
  if (rank < least || rank > 6) in.fail("%s has %d dimensions, expected %d to 6", what, rank, least);
  std::vector<int32_t> sizes(rank);
  for (int32_t &size : sizes) {
    size = in.i32();
    if (size < 1) in.fail("%s has a dimension of size %d", what, size);
  }
  return sizes;
}

int64_t product(Reader &in, const char *what, const std::vector<int32_t> &sizes) {
  int64_t count = 1;
  for (int32_t size : sizes) {
    if (count > kMostElements / size) in.fail("%s has too many elements", what);
    count *= size;
  }
  return count;
}

float finite(Reader &in, const char *what) {
  float value = in.f32();
  if (!std::isfinite(value)) in.fail("%s is not finite", what);
  return value;
}

Activation read_activation(Reader &in) {
  Activation activation;
  activation.kind = static_cast<ck_activation_kind>(in.choice("an activation", CK_GELU_TANH + 1));
  activation.a = in.f32();
  activation.b = in.f32();
  activation.slopes = in.i32();
  return activation;
}

ck_window read_window(Reader &in) {
  ck_window window{};
  window.kernel_height = in.i32(), window.kernel_width = in.i32();
  window.stride_height = in.i32(), window.stride_width = in.i32();
  window.pad_top = window.pad_bottom = in.i32();
  window.pad_left = window.pad_right = in.i32();
  window.dilation_height = in.i32(), window.dilation_width = in.i32();
  return window;
}

ck_operator read_operator(Reader &in) { return static_cast<ck_operator>(in.choice("an operator", CK_MINIMUM + 1)); }

Convolution read_convolution(Reader &in) {
  Convolution c{};
  c.is_transposed = in.flag("a convolution's kind");
  c.weight = in.i32(), c.bias = in.i32();
  c.stride_height = in.i32(), c.stride_width = in.i32();
  c.pad_top = in.i32(), c.pad_left = in.i32();
  c.dilation_height = in.i32(), c.dilation_width = in.i32();
  c.groups = in.i32();
  c.residual = static_cast<ck_residual>(in.choice("a residual", CK_RESIDUAL_AFTER + 1));
  c.activation = read_activation(in);
  c.is_exact = in.flag("a convolution's exactness");
  return c;
}

Rearrange read_rearrange(Reader &in) {
  Rearrange r;
  r.sizes = read_sizes(in, "a rearrangement", 1);
  product(in, "a rearrangement", r.sizes);
  auto strides = [&](int64_t &offset, std::vector<int64_t> &strides) {
    offset = in.i64();
    strides.resize(r.sizes.size());
    for (int64_t &stride : strides) stride = in.i64();
  };
  strides(r.offset_in, r.strides_in);
  strides(r.offset_out, r.strides_out);
  return r;
}

Parameters read_parameters(Reader &in, uint16_t kernel) {
  switch (kernel) {
    case 1: return read_convolution(in);
    case 2: {
      Affine a{};
      a.scale = in.i32(), a.shift = in.i32(), a.activation = read_activation(in);
      return a;
    }
    case 3: {
      Binary b{};
      b.op = read_operator(in), b.activation = read_activation(in);
      return b;
    }
    case 4: {
      Resize r{};
      r.is_nearest = in.flag("a way of resizing"), r.align_corners = in.flag("an alignment of corners");
      r.op = read_operator(in), r.activation = read_activation(in);
      return r;
    }
    case 5: return ClassMap{in.flag("an alignment of corners")};
    case 6: return MaxPool{read_window(in)};
    case 7: {
      AveragePool pool{read_window(in)};
      pool.window.count_include_pad = in.flag("whether padding counts");
      return pool;
    }
    case 8: return AdaptiveAveragePool{};
    case 9: return AdaptiveMaxPool{};
    case 10: return MaxUnpool{};
    case 11: return Copy{};
    case 12: {
      PermuteChannels p;
      p.source.resize(in.count("channels", 4));
      for (int32_t &channel : p.source) channel = in.i32();
      return p;
    }
    case 13: return Interleave{};
    case 14: return PixelShuffle{in.i32()};
    case 15: return Softmax{};
    case 16: return Reduce{static_cast<ck_reduction>(in.choice("a reduction", CK_NORM + 1))};
    case 17: return Join{};
    case 18: {
      MatrixProduct m{};
      m.batch = in.i32(), m.rows = in.i32(), m.inner = in.i32(), m.columns = in.i32();
      m.a_is_transposed = in.flag("a transposition"), m.b_is_transposed = in.flag("a transposition");
      m.a_batch = in.i32(), m.b_batch = in.i32();
      return m;
    }
    case 19: {
      Normalize n{};
      n.groups = in.i32(), n.epsilon = finite(in, "an epsilon");
      n.scale = in.i32(), n.shift = in.i32();
      return n;
    }
    case 20: return read_rearrange(in);
    case 21: return Host{in.u32()};
    case 22: return Fill{in.f32()};
    default: in.fail("kernel %u is unknown", kernel);
  }
}

Instruction read_instruction(Reader &in) {
  Instruction instruction;
  uint16_t kernel = in.u16();
  instruction.name = in.string("an operator's name");
  instruction.module = in.string("a module's name");
  instruction.multiply_accumulates = in.u64();
  for (auto *list : {&instruction.inputs, &instruction.outputs}) {
    list->resize(in.count("tensors", 4));
    for (uint32_t &tensor : *list) tensor = in.u32();
  }
  instruction.replaceable.resize(in.count("replaceable inputs", 1));
  for (uint8_t &input : instruction.replaceable) input = in.u8();
  instruction.parameters = read_parameters(in, kernel);
  return instruction;
}

TensorInfo read_tensor(Reader &in) {
  TensorInfo tensor;
  tensor.content = static_cast<Content>(in.choice("a tensor's type", 6));
  tensor.sizes = read_sizes(in, "a tensor", 1);
  tensor.count = product(in, "a tensor", tensor.sizes);
  size_t rank = tensor.sizes.size();
  tensor.channels = tensor.sizes[rank - 1];
  if (rank > 1) tensor.width = tensor.sizes[rank - 2];
  int64_t height = tensor.count / tensor.channels / tensor.width;
  if (height > INT32_MAX) in.fail("a tensor has too many rows");
  tensor.height = int32_t(height);
  tensor.quantization = {in.f32(), in.i32()};
  tensor.base = in.i32();
  tensor.first_channel = in.i32();
  return tensor;
}

Plan read_plan(Reader &in) {
  Plan plan{};
  plan.size = {in.i32(), in.i32()};
  int32_t input = in.i32();
  uint32_t count = in.count("tensors", 22);
  if (input < 0 || uint32_t(input) >= count) in.fail("the input is tensor %d of %u", input, count);
  plan.input = uint32_t(input);
  plan.tensors.reserve(count);
  for (uint32_t i = 0; i < count; ++i) plan.tensors.push_back(read_tensor(in));
  plan.constants.resize(in.count("constants", 8));
  for (Constant &constant : plan.constants) constant = {in.u32(), in.u32()};
  count = in.count("instructions", 28);
  plan.instructions.reserve(count);
  for (uint32_t i = 0; i < count; ++i) plan.instructions.push_back(read_instruction(in));
  plan.scores = in.i32();
  plan.classes = in.i32();
  return plan;
}

/// The channels of images that are no RGB of 8 bits.
void read_channels(Reader &in, Description &d) {
  uint32_t channels = in.count("channels", 16);
  if (channels < 1 || channels > 1024) in.fail("%u channels, expected 1 to 1024", channels);
  d.channels = int32_t(channels);
  for (uint32_t i = 0; i < channels; ++i) {
    d.channel_mean.push_back(in.f64());
    d.channel_std.push_back(in.f64());
    if (!std::isfinite(d.channel_mean[i])) in.fail("the mean of a channel is not finite");
    if (!std::isfinite(d.channel_std[i]) || d.channel_std[i] <= 0) {
      in.fail("the standard deviation of a channel is not above 0");
    }
  }
  d.type = static_cast<PixelType>(in.choice("the type of pixels", 3));
}

Description read_description(const Section &section, uint32_t version) {
  Reader in(section.data, section.size, "the description");
  Description d{};
  d.network = in.string("the network's name");
  d.checkpoint = in.string("the checkpoint's checksum");
  if (!d.checkpoint.empty() &&
      (d.checkpoint.size() != 64 || d.checkpoint.find_first_not_of("0123456789abcdef") != std::string::npos)) {
    in.fail("the checkpoint's checksum is not 64 hexadecimal digits");
  }
  d.producer = in.string("the producer");
  d.precision = static_cast<Precision>(in.choice("the precision", 3));
  d.agreement = in.f64();
  if (!(d.agreement == -1 || (d.agreement >= 0 && d.agreement <= 1))) in.fail("the agreement is not from 0 to 1");
  for (double &value : d.mean) {
    if (!std::isfinite(value = in.f64())) in.fail("a mean is not finite");
  }
  for (double &value : d.std) {
    if (!std::isfinite(value = in.f64()) || value <= 0) in.fail("a standard deviation is not above 0");
  }
  for (float &value : d.scale) value = finite(in, "a scale");
  for (float &value : d.shift) value = finite(in, "a shift");
  uint32_t count = in.count("classes", 7);
  if (count > 65536) in.fail("%u classes, expected at most 65536", count);
  d.classes.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    ClassInfo info{in.string("a class's name"), {}};
    for (uint8_t &value : info.color) value = in.u8();
    d.classes.push_back(std::move(info));
  }
  if (version >= 2) read_channels(in, d);
  in.finish();
  return d;
}

/// The first byte of a weight in the file, from its offset in a section.
uint64_t place(Reader &in, const Section &section, uint64_t offset, uint64_t bytes) {
  if (offset % 64 || offset > section.size || bytes > section.size - offset) {
    in.fail("a weight lies outside of its section");
  }
  return section.offset + offset;
}

Weight read_weight(Reader &in, const Bytes &bytes, const Sections &sections, const rt_outside *outside, size_t index) {
  Weight weight{};
  uint8_t type = in.u8();
  weight.store = static_cast<Weight::Store>(type);
  weight.sizes = read_sizes(in, "a weight", 0);
  weight.count = product(in, "a weight", weight.sizes);
  switch (weight.store) {
    case Weight::Store::float32:
    case Weight::Store::bfloat16:
    case Weight::Store::int8: {
      weight.offset = place(in, sections[Sections::float32 + type], in.u64(), weight.bytes());
      weight.source = &bytes;
      if (weight.store != Weight::Store::int8) break;
      if (weight.sizes.empty()) in.fail("a weight of int8 has no dimension");
      weight.scales.resize(size_t(weight.sizes[0]));
      bytes.read(place(in, sections[Sections::float32], in.u64(), weight.scales.size() * 4), weight.scales.data(),
                 weight.scales.size() * 4);
      break;
    }
    case Weight::Store::outside:
      if (!outside || index >= outside->weight_count || !outside->weights[index]) {
        in.fail("weight %zu lies outside of the file", index);
      }
      weight.outside = outside->weights[index];
      break;
    default: in.fail("the type %d of a weight is unknown", type);
  }
  return weight;
}

}  // namespace

void Program::read(const rt_outside *outside) {
  Sections sections(bytes_);
  description_ = read_description(sections[Sections::description], sections.version);
  const Section &section = sections[Sections::plans];
  Reader in(section.data, section.size, "the plans");
  uint32_t count = in.count("weights", 2);
  weights_.reserve(count);
  for (uint32_t i = 0; i < count; ++i) weights_.push_back(read_weight(in, bytes_, sections, outside, i));
  count = in.count("plans", 32);
  if (count == 0) in.fail("there is no plan");
  plans_.reserve(count);
  for (uint32_t i = 0; i < count; ++i) plans_.push_back(read_plan(in));
  in.finish();
  if (outside) outside_ = *outside, allows_hosts_ = true;
  weight_bytes_ = 0;
  for (const Weight &weight : weights_) weight_bytes_ += weight.bytes();
  for (const Plan &plan : plans_) description_.sizes.push_back(plan.size);
}

}  // namespace rt
