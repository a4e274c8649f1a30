// A program: what a file says, checked.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "error.hpp"
#include "instruction.hpp"
#include "bytes.hpp"

namespace rt {

enum class Precision : uint8_t { float32 = 0, bfloat16 = 1, int8 = 2 };

/// The kind of elements of a tensor.
enum class Content : uint8_t {
  /// A number in the type that the precision and the processor give.
  number = 0,
  /// A byte that stands for a number.
  quantized = 1,
  /// The position of a largest value: int32.
  positions = 2,
  /// A class: uint8.
  classes = 3,
  wide_classes = 4,
  /// A number in float32.
  float32 = 5,
};

struct TensorInfo {
  Content content;
  std::vector<int32_t> sizes;
  ck_quantization quantization{};
  /// The wider map that this one is a range of channels of, or -1.
  int32_t base = -1;
  int32_t first_channel = 0;

  // The sizes as a map.
  int32_t height = 1, width = 1, channels = 1;
  int64_t count = 1;
  /// The map that owns the memory, and the first channel within it.
  uint32_t root = 0;
  int32_t channel_in_root = 0;

  bool is_map() const { return sizes.size() == 3; }
  /// Whether the elements are numbers that kernels compute with.
  bool is_number() const { return content == Content::number || content == Content::float32; }
};

struct Weight {
  enum class Store : uint8_t { float32 = 0, bfloat16 = 1, int8 = 2, outside = 255 };

  Store store;
  std::vector<int32_t> sizes;
  int64_t count;
  /// Where the elements begin in the program's bytes.
  const Bytes *source = nullptr;
  uint64_t offset = 0;
  /// The elements of a weight outside; NULL once it has been released.
  const float *outside = nullptr;
  /// One scale for each of the first dimension's indices, for int8.
  std::vector<float> scales;

  /// The bytes that the elements take where they are stored.
  uint64_t bytes() const { return uint64_t(count) * (store == Store::bfloat16 ? 2 : store == Store::int8 ? 1 : 4); }
  /// The elements as float32, at `scratch` if they are stored in another type or in a file.
  const float *floats(std::vector<float> &scratch) const;
  std::vector<float> floats() const;
};

struct Constant {
  uint32_t tensor, weight;
};

/// The instructions for images of one size.
struct Plan {
  rtseg_size size;
  uint32_t input;
  std::vector<TensorInfo> tensors;
  std::vector<Constant> constants;
  std::vector<Instruction> instructions;
  /// Tensors, or -1.
  int32_t scores, classes;
};

struct ClassInfo {
  std::string name;
  uint8_t color[3];
};

/// The types of images' values, as in files.
enum class PixelType : uint8_t { uint8, uint16, float32 };

struct Description {
  std::string network, checkpoint, producer;
  Precision precision;
  double agreement;
  /// The normalization of RGB. Of other images it is that of the first three channels.
  double mean[3], std[3];
  float scale[3], shift[3];
  /// The channels of images and the type of their values.
  int32_t channels = 3;
  PixelType type = PixelType::uint8;
  /// The normalization of each channel, on the scale of `type`; empty for RGB.
  std::vector<double> channel_mean, channel_std;
  /// Whether images are RGB of 8 bits.
  bool is_rgb() const { return channel_mean.empty(); }
  std::vector<ClassInfo> classes;
  std::vector<rtseg_size> sizes;
};

struct FreeConvolution {
  void operator()(ck_conv *convolution) const { ck_conv_free(convolution); }
};
using PackedConvolution = std::shared_ptr<const ck_conv>;

class Program {
 public:
  /// Reads a file's bytes, which must stay where they are.
  Program(const void *bytes, size_t size, const rt_outside *outside);
  /// Opens and reads a file. Weights are read when a context packs them.
  explicit Program(const char *path);

  const Description &description() const { return description_; }
  const std::vector<Plan> &plans() const { return plans_; }
  const std::vector<Weight> &weights() const { return weights_; }
  uint64_t weight_bytes() const { return weight_bytes_; }
  int32_t class_count() const { return class_count_; }
  /// The type of numbers with the current instruction set.
  ck_type number_type() const;

  /// Releases a weight outside. One thread at a time may call it.
  void release(int32_t weight) noexcept;

  /// The instruction set, the plan, the instruction and the algorithm of a packed convolution.
  using PackedKey = std::tuple<int, uint32_t, uint32_t, int>;
  /// Convolutions that contexts have packed and still use. Whoever reads or changes them holds the lock.
  std::map<PackedKey, std::weak_ptr<const ck_conv>> packed;
  std::mutex lock;

 private:
  void read(const rt_outside *outside);
  void check();

  Bytes bytes_;
  rt_outside outside_{};
  bool allows_hosts_ = false;
  Description description_{};
  std::vector<Weight> weights_;
  std::vector<Plan> plans_;
  uint64_t weight_bytes_ = 0;
  int32_t class_count_ = 0;
};

}  // namespace rt
