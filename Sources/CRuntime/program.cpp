#include "program.hpp"

#include <cstring>

namespace rt {

const float *Weight::floats(std::vector<float> &scratch) const {
  if (store == Store::outside) {
    if (outside) return outside;
    fail(RTSEG_INVALID_ARGUMENT, "the weights of this program have been released; keep them or make one context only");
  }
  const uint8_t *bytes_in_memory = source->data();
  if (store == Store::float32 && bytes_in_memory) return reinterpret_cast<const float *>(bytes_in_memory + offset);
  scratch.resize(size_t(count));
  if (store == Store::float32) {
    source->read(offset, scratch.data(), size_t(bytes()));
    return scratch.data();
  }
  std::vector<uint8_t> copy;
  const uint8_t *elements = bytes_in_memory ? bytes_in_memory + offset : nullptr;
  if (!elements) {
    copy.resize(size_t(bytes()));
    source->read(offset, copy.data(), copy.size());
    elements = copy.data();
  }
  if (store == Store::bfloat16) {
    for (size_t i = 0; i < scratch.size(); ++i) {
      uint16_t half;
      std::memcpy(&half, elements + 2 * i, 2);
      uint32_t bits = uint32_t(half) << 16;
      std::memcpy(&scratch[i], &bits, 4);
    }
  } else {
    size_t each = size_t(count / sizes[0]);
    for (size_t i = 0; i < scratch.size(); ++i) scratch[i] = float(static_cast<int8_t>(elements[i])) * scales[i / each];
  }
  return scratch.data();
}

std::vector<float> Weight::floats() const {
  std::vector<float> values;
  const float *from = floats(values);
  if (values.empty()) values.assign(from, from + count);
  return values;
}

Program::Program(const void *bytes, size_t size, const rt_outside *outside) : bytes_(bytes, size) {
  if (reinterpret_cast<uintptr_t>(bytes) % alignof(float) != 0) {
    fail(RTSEG_INVALID_ARGUMENT, "the bytes of a program must lie at an address that is a multiple of 4");
  }
  read(outside);
  check();
}

Program::Program(const char *path) : bytes_(path) {
  try {
    read(nullptr);
    check();
  } catch (const Failure &failure) {
    fail(failure.status, "%s: %s", path, failure.text);
  }
}

ck_type Program::number_type() const {
  switch (description_.precision) {
    case Precision::float32: return CK_FLOAT32;
    case Precision::bfloat16: return CK_BFLOAT16;
    case Precision::int8: return ck_multiplies_bfloat16() ? CK_BFLOAT16 : CK_FLOAT32;
  }
  return CK_FLOAT32;
}

void Program::release(int32_t index) noexcept {
  Weight &weight = weights_[size_t(index)];
  if (!weight.outside) return;
  weight.outside = nullptr;
  if (outside_.release) outside_.release(outside_.state, index);
}

}  // namespace rt
