#include "bytes.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "crc32.hpp"
#include "error.hpp"

namespace rt {

Bytes::Bytes(const char *path) {
  file_ = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file_ < 0) fail(RTSEG_FILE_ERROR, "%s: cannot be opened: %s", path, std::strerror(errno));
  try {
    struct stat status;
    if (::fstat(file_, &status) != 0) fail(RTSEG_FILE_ERROR, "%s: cannot be read: %s", path, std::strerror(errno));
    if (!S_ISREG(status.st_mode)) fail(RTSEG_FILE_ERROR, "%s: is not a file", path);
    if (status.st_size == 0) {
      fail(RTSEG_FORMAT_ERROR, "%s: the file is empty; expected one that rtseg compile wrote", path);
    }
    size_ = static_cast<size_t>(status.st_size);
  } catch (...) {
    ::close(file_);
    throw;
  }
}

Bytes::~Bytes() {
  if (file_ >= 0) ::close(file_);
}

void Bytes::read(uint64_t offset, void *to, size_t count) const {
  if (data_) {
    std::memcpy(to, data_ + offset, count);
    return;
  }
  auto *memory = static_cast<char *>(to);
  while (count > 0) {
    ssize_t found = ::pread(file_, memory, std::min(count, size_t(1) << 30), static_cast<off_t>(offset));
    if (found < 0 && errno == EINTR) continue;
    if (found < 0) fail(RTSEG_FILE_ERROR, "the program's file cannot be read: %s", std::strerror(errno));
    if (found == 0) fail(RTSEG_FILE_ERROR, "the program's file has been shortened while it was in use; copy it again");
    memory += found, offset += static_cast<uint64_t>(found), count -= static_cast<size_t>(found);
  }
}

uint32_t Bytes::checksum(uint64_t offset, size_t count) const {
  if (data_) return crc32(data_ + offset, count);
  std::vector<uint8_t> piece(std::min(count, size_t(1) << 18));
  uint32_t sum = 0;
  while (count > 0) {
    size_t length = std::min(count, piece.size());
    read(offset, piece.data(), length);
    sum = crc32(piece.data(), length, sum);
    offset += length, count -= length;
  }
  return sum;
}

}  // namespace rt
