#include "reader.hpp"

#include <bit>
#include <cstdarg>
#include <cstdio>
#include <cstring>

static_assert(std::endian::native == std::endian::little, "files are little-endian");

namespace rt {

void Reader::take(void *to, size_t count) {
  if (count > size_ - position_) fail("it ends too early");
  std::memcpy(to, bytes_ + position_, count);
  position_ += count;
}

bool Reader::flag(const char *what) { return choice(what, 2) != 0; }

uint8_t Reader::choice(const char *what, uint8_t count) {
  uint8_t value = u8();
  if (value >= count) fail("%s is %d, expected 0 to %d", what, value, count - 1);
  return value;
}

/// Whether bytes are well-formed UTF-8 without zeros.
static bool is_text(const std::string &text) {
  for (size_t i = 0; i < text.size();) {
    auto first = static_cast<uint8_t>(text[i]);
    if (first == 0) return false;
    size_t length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (length == 0 || (first >= 0x80 && first < 0xc2) || length > text.size() - i) return false;
    uint32_t code = length == 1 ? first : first & (0x7fu >> length);
    for (size_t k = 1; k < length; ++k) {
      auto byte = static_cast<uint8_t>(text[i + k]);
      if ((byte & 0xc0) != 0x80) return false;
      code = code << 6 | (byte & 0x3f);
    }
    if ((length == 3 && code < 0x800) || (length == 4 && code < 0x10000) || code > 0x10ffff) return false;
    if (code >= 0xd800 && code < 0xe000) return false;
    i += length;
  }
  return true;
}

std::string Reader::string(const char *what) {
  uint32_t length = u32();
  if (length > 4096) fail("%s has %u bytes, expected at most 4096", what, length);
  std::string text(length, 'x');
  take(text.data(), length);
  if (!is_text(text)) fail("%s is not UTF-8 text without zeros", what);
  return text;
}

uint32_t Reader::count(const char *what, size_t least) {
  uint32_t count = u32();
  if (count > (size_ - position_) / least) fail("it has no room for %u %s", count, what);
  return count;
}

void Reader::finish() {
  if (position_ != size_) fail("%zu bytes follow its last value", size_ - position_);
}

void Reader::fail(const char *format, ...) {
  char message[400];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  rt::fail(RTSEG_FORMAT_ERROR, "the section of %s is damaged near byte %zu: %s; compile the network again", name_,
           position_, message);
}

}  // namespace rt
