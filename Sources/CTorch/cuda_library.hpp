// The part that is used of libtorch's library for CUDA, which is loaded at run time if it is there. Its headers need CUDA's
// headers, which our builds do not have, so its functions are called by their names in the library.
#pragma once

#include <dlfcn.h>

#include <cstring>
#include <new>

namespace ct::cuda {

/// A function by its name in the library; NULL if it is not there.
template <typename Function>
Function *find(const char *name) {
  return reinterpret_cast<Function *>(dlsym(RTLD_DEFAULT, name));
}

/// Allocates memory for an object of a class of which only the constructor is known. Such objects of libtorch 2.11 and
/// 2.13 take a few KiB at most.
inline void *allocate() {
  constexpr size_t room = 1 << 16;
  auto *memory = ::operator new(room);
  std::memset(memory, 0, room);
  return memory;
}

}  // namespace ct::cuda
