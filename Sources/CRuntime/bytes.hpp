// The bytes of a program, in memory or in a file.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rt {

class Bytes {
 public:
  /// Bytes in memory, which must stay there.
  Bytes(const void *data, size_t size) : data_(static_cast<const uint8_t *>(data)), size_(size) {}
  /// The bytes of a file, which are read piece by piece. They are not mapped: if somebody shortens a mapped file, the
  /// next access to it ends the process.
  explicit Bytes(const char *path);
  ~Bytes();
  Bytes(const Bytes &) = delete;
  Bytes &operator=(const Bytes &) = delete;

  size_t size() const { return size_; }
  /// The address of the bytes; NULL if they are in a file.
  const uint8_t *data() const { return data_; }
  /// Copies a range, which lies within `size`. Several threads may call it.
  void read(uint64_t offset, void *to, size_t count) const;
  /// The CRC-32 of a range.
  uint32_t checksum(uint64_t offset, size_t count) const;

 private:
  const uint8_t *data_ = nullptr;
  size_t size_ = 0;
  int file_ = -1;
};

}  // namespace rt
