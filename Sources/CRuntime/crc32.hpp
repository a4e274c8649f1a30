// The CRC-32 of IEEE 802.3, which guards the sections of a file.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rt {

/// The checksum of bytes that follow those with the checksum `before`.
uint32_t crc32(const void *bytes, size_t count, uint32_t before = 0);

}  // namespace rt
