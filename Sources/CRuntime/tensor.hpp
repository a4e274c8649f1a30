// A tensor of a context: its place in the context's memory.
#pragma once

#include <vector>

#include "program.hpp"

namespace rt {

class Tensor {
 public:
  /// - Parameter number_type: The type of numbers in this context.
  Tensor(const TensorInfo &info, ck_type number_type, Tensor *base);
  /// Another tensor of the same kind, which is a part of `base` as the other one is of its own.
  Tensor(const Tensor &other, Tensor *base);
  Tensor(const Tensor &) = delete;
  Tensor(Tensor &&) = default;

  const TensorInfo &info() const { return *info_; }
  int32_t height() const { return info_->height; }
  int32_t width() const { return info_->width; }
  int32_t channels() const { return info_->channels; }
  bool is_map() const { return info_->is_map(); }
  bool is_quantized() const { return info_->content == Content::quantized; }
  ck_type type() const { return map.type; }
  size_t element_size() const;
  /// The bytes of all elements.
  uint64_t bytes() const { return uint64_t(info_->count) * element_size(); }

  /// The wider map that this one is a part of; NULL if there is none.
  Tensor *base() const { return base_; }
  /// The tensor that owns the memory: the widest map that this one is a part of, or itself.
  Tensor *root() { return base_ ? base_->root() : this; }
  const Tensor *root() const { return base_ ? base_->root() : this; }
  int32_t channel_in_root() const { return first_channel_ + (base_ ? base_->channel_in_root() : 0); }
  bool overlaps(const Tensor &other) const;

  /// Describes some rows. A map of one row is always described whole.
  ck_map rows(ck_rows rows) const;

  // Roots only.

  /// Limits the memory to this number of rows at a time.
  void keep_rows(int32_t rows) { kept_rows_ = rows; }
  /// The bytes of the memory that it needs.
  uint64_t room() const;
  /// Moves rows to the start of the memory; all other rows are lost.
  void move(ck_rows rows);
  void use(int operation);
  bool is_used() const { return first_use_ >= 0; }
  int first_use() const { return first_use_; }
  int last_use() const { return last_use_; }

  /// Takes the memory of another map if no operation needs that one after the one that writes this one.
  bool take_memory(Tensor &other, int operation);
  /// Sets the pointer and the strides.
  void resolve(char *memory);

  /// The form that kernels read.
  ck_map map{};
  /// The distance from the start of the memory in bytes.
  uint64_t offset = 0;

 private:
  const TensorInfo *info_;
  Tensor *base_;
  int32_t first_channel_;
  int first_use_ = -1, last_use_ = -1;
  int32_t kept_rows_;
  /// This tensor and all of its parts, which move together.
  std::vector<Tensor *> views_;
  char *start_ = nullptr;
  int32_t first_row_ = 0;
};

}  // namespace rt
