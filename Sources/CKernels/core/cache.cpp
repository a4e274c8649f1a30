// The sizes of the processor's caches.
#include <cstdio>
#include <cstring>

#include "core/common.hpp"

#if defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(__unix__)
#include <unistd.h>
#endif

namespace {

#if defined(__linux__)
/// Reads the size of the first core's cache of a level from the kernel's files; 0 if they do not tell.
size_t size_from_files(int32_t level) {
  for (int index = 0; index < 8; ++index) {
    auto read = [&](const char *name, char (&text)[32]) {
      char path[96];
      std::snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/%s", index, name);
      std::FILE *file = std::fopen(path, "re");
      if (!file) return false;
      bool is_read = std::fgets(text, sizeof text, file) != nullptr;
      std::fclose(file);
      return is_read;
    };
    char number[32], type[32], size[32];
    if (!read("level", number) || !read("type", type) || !read("size", size)) continue;
    if (std::atoi(number) != level || std::strncmp(type, "Instruction", 11) == 0) continue;
    char *unit = nullptr;
    unsigned long value = std::strtoul(size, &unit, 10);
    return size_t(value) << (*unit == 'M' ? 20 : *unit == 'K' ? 10 : 0);
  }
  return 0;
}
#endif

size_t find_size(int32_t level) {
#if defined(__APPLE__)
  const char *name = level == 1 ? "hw.perflevel0.l1dcachesize" : level == 2 ? "hw.perflevel0.l2cachesize" : "hw.l3cachesize";
  uint64_t bytes = 0;
  size_t length = sizeof bytes;
  return sysctlbyname(name, &bytes, &length, nullptr, 0) == 0 ? size_t(bytes) : 0;
#elif defined(__linux__)
  if (size_t bytes = size_from_files(level)) return bytes;
#if defined(_SC_LEVEL1_DCACHE_SIZE)
  long bytes = sysconf(level == 1   ? _SC_LEVEL1_DCACHE_SIZE
                       : level == 2 ? _SC_LEVEL2_CACHE_SIZE
                                    : _SC_LEVEL3_CACHE_SIZE);
  if (bytes > 0) return size_t(bytes);
#endif
  return 0;
#else
  (void)level;
  return 0;
#endif
}

}  // namespace

extern "C" size_t ck_cache_bytes(int32_t level) {
  static const size_t sizes[] = {find_size(1), find_size(2), find_size(3)};
  return level >= 1 && level <= 3 ? sizes[level - 1] : 0;
}
