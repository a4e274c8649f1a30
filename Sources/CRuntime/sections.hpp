// The header and the table of sections of a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bytes.hpp"

namespace rt {

struct Section {
  bool exists = false;
  uint64_t offset = 0;
  size_t size = 0;
  /// The address of the section. NULL for weights in a file.
  const uint8_t *data = nullptr;
  /// The bytes of a section that was read from a file.
  std::vector<uint8_t> copy;
};

struct Sections {
  /// By the kinds of sections, from 1.
  enum Kind { description = 1, plans, float32, bfloat16, int8, kinds };
  Section all[kinds];
  /// The version of the format.
  uint32_t version = 0;

  /// Checks the header, the table and the checksums. Of a file, all sections but the weights are read into memory.
  explicit Sections(const Bytes &bytes);
  const Section &operator[](int kind) const { return all[kind]; }
};

}  // namespace rt
