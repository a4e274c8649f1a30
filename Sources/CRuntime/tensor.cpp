#include "tensor.hpp"

#include <algorithm>
#include <cstring>

namespace rt {

static ck_type type_of(Content content, ck_type number_type) {
  switch (content) {
    case Content::number: return number_type;
    case Content::quantized:
    case Content::classes: return CK_UINT8;
    default: return CK_FLOAT32;  // Positions and wide classes are as large.
  }
}

Tensor::Tensor(const TensorInfo &info, ck_type number_type, Tensor *base)
    : info_(&info), base_(base), first_channel_(info.first_channel), kept_rows_(info.height) {
  map = {nullptr, info.height, info.width, info.channels, type_of(info.content, number_type), 0, 0};
}

Tensor::Tensor(const Tensor &other, Tensor *base)
    : map(other.map), info_(other.info_), base_(base), first_channel_(other.first_channel_),
      kept_rows_(other.info_->height) {}

size_t Tensor::element_size() const { return map.type == CK_FLOAT32 ? 4 : map.type == CK_BFLOAT16 ? 2 : 1; }

bool Tensor::overlaps(const Tensor &other) const {
  int64_t first = channel_in_root(), others = other.channel_in_root();
  return root() == other.root() && first < others + other.channels() && others < first + channels();
}

ck_map Tensor::rows(ck_rows rows) const {
  ck_map part = map;
  if (map.height == 1) return part;
  part.data = static_cast<char *>(part.data) + rows.begin * part.row * int64_t(element_size());
  part.height = rows.end - rows.begin;
  return part;
}

uint64_t Tensor::room() const { return bytes() / uint64_t(height()) * uint64_t(kept_rows_); }

void Tensor::move(ck_rows rows) {
  int64_t row = int64_t(bytes() / uint64_t(height())), distance = (rows.begin - first_row_) * row;
  std::memmove(start_, start_ + distance, size_t((rows.end - rows.begin) * row));
  for (Tensor *view : views_) view->map.data = static_cast<char *>(view->map.data) - distance;
  first_row_ = rows.begin;
}

void Tensor::use(int operation) {
  first_use_ = first_use_ < 0 ? operation : std::min(first_use_, operation);
  last_use_ = std::max(last_use_, operation);
}

bool Tensor::take_memory(Tensor &other, int operation) {
  Tensor *owner = other.root();
  auto same = [&](const Tensor &tensor) {
    return tensor.height() == height() && tensor.width() == width() && tensor.channels() == channels();
  };
  if (!is_map() || base_ || !other.is_map() || !same(other) || !owner->is_map() || !same(*owner) ||
      type() != owner->type() || first_use_ != operation || owner->last_use_ != operation) {
    return false;
  }
  base_ = owner;
  first_channel_ = 0;
  owner->last_use_ = std::max(owner->last_use_, last_use_);
  return true;
}

void Tensor::resolve(char *memory) {
  Tensor *owner = root();
  owner->start_ = memory + owner->offset;
  map.data = owner->start_ + size_t(channel_in_root()) * element_size();
  map.pixel = owner->channels();
  map.row = int64_t(owner->width()) * owner->channels();
  owner->views_.push_back(this);
}

}  // namespace rt
