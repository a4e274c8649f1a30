#include "sections.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstring>

#include "crc32.hpp"
#include "error.hpp"
#include "reader.hpp"

namespace rt {

/// Version 2 describes images that are no RGB of 8 bits.
constexpr uint32_t kVersion = 2;
constexpr size_t kHeader = 64, kEntry = 32;

static const char *name(uint32_t kind) {
  switch (kind) {
    case Sections::description: return "the description";
    case Sections::plans: return "the plans";
    case Sections::float32: return "float32 weights";
    case Sections::bfloat16: return "bfloat16 weights";
    default: return "int8 weights";
  }
}

Sections::Sections(const Bytes &bytes) {
  size_t size = bytes.size();
  uint8_t start[kHeader] = {};
  bytes.read(0, start, std::min(size, kHeader));
  if (size < 8 || std::memcmp(start, "RTSEGNET", 8) != 0) {
    fail(RTSEG_FORMAT_ERROR, "this is no file of a compiled network; expected one that rtseg compile wrote");
  }
  if (size < kHeader) fail(RTSEG_FORMAT_ERROR, "the file ends in its header; copy it again");
  Reader header(start + 8, kHeader - 8, "the header");
  version = header.u32();
  uint32_t count = header.u32();
  if (version > kVersion) {
    fail(RTSEG_NEWER_VERSION, "the file has version %u of the format, this library reads version %u; update RTSeg",
         version, kVersion);
  }
  if (version < 1) fail(RTSEG_FORMAT_ERROR, "the file has version 0 of the format, expected 1 or 2");
  uint64_t expected = header.u64();
  uint32_t sum = header.u32();
  if (expected != size) {
    fail(RTSEG_FORMAT_ERROR, "the file has %zu bytes, but its header says %" PRIu64 "; copy it again", size, expected);
  }
  if (count > (size - kHeader) / kEntry || count > kinds - 1) {
    fail(RTSEG_FORMAT_ERROR, "the file is damaged: %u sections, expected at most %d", count, kinds - 1);
  }
  uint8_t table[(kinds - 1) * kEntry];
  size_t length_of_table = count * kEntry;
  bytes.read(kHeader, table, length_of_table);
  std::memset(start + 24, 0, 4);
  if (crc32(table, length_of_table, crc32(start, kHeader)) != sum) {
    fail(RTSEG_FORMAT_ERROR, "the file is damaged: the checksum of its header does not fit; copy it again");
  }
  for (size_t i = 28; i < kHeader; ++i) {
    if (start[i] != 0) fail(RTSEG_FORMAT_ERROR, "the file is damaged: byte %zu of its header is not 0", i);
  }
  Reader entries(table, length_of_table, "the table of sections");
  size_t end = kHeader + length_of_table;
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t kind = entries.u32(), crc = entries.u32();
    uint64_t offset = entries.u64(), length = entries.u64(), zero = entries.u64();
    if (kind < 1 || kind >= kinds || zero != 0) {
      fail(RTSEG_FORMAT_ERROR, "the file has a section of the unknown kind %u; update RTSeg or compile again", kind);
    }
    Section &section = all[kind];
    if (section.exists) fail(RTSEG_FORMAT_ERROR, "the file is damaged: it has %s twice", name(kind));
    uint64_t alignment = kind <= plans ? 64 : 4096;
    // Sections lie in the order of the table.
    if (offset % alignment || offset < end || offset > size || length > size - offset) {
      fail(RTSEG_FORMAT_ERROR, "the file is damaged: %s lies at bytes %" PRIu64 " to %" PRIu64 " of %zu", name(kind),
           offset, offset + length, size);
    }
    end = size_t(offset + length);
    section.exists = true;
    section.offset = offset, section.size = size_t(length);
    if (bytes.data()) {
      section.data = bytes.data() + offset;
    } else if (kind <= plans) {
      section.copy.resize(section.size);
      bytes.read(offset, section.copy.data(), section.size);
      section.data = section.copy.data();
    }
    if ((section.data ? crc32(section.data, section.size) : bytes.checksum(offset, section.size)) != crc) {
      fail(RTSEG_FORMAT_ERROR, "the file is damaged: the checksum of %s does not fit; copy it again", name(kind));
    }
  }
  for (int kind : {int(description), int(plans)}) {
    if (!all[kind].exists) fail(RTSEG_FORMAT_ERROR, "the file is damaged: %s is missing", name(uint32_t(kind)));
  }
}

}  // namespace rt
