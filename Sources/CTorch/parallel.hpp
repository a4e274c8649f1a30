// Work on libtorch's threads. at::parallel_for is inlined and would run on one thread here, because this code is
// compiled without OpenMP. The iterator over a tensor's elements, which this uses instead, is libtorch's own code.
#pragma once

#include <ATen/TensorIterator.h>

#include "guard.hpp"

namespace ct {

/// Calls body(begin, end) for ranges that together are 0 ..< count. None is shorter than `grain`, except the last.
template <typename Body>
void parallel(int64_t count, int64_t grain, const Body &body) {
  if (count <= 0) return;
  auto indices = at::arange(count, at::TensorOptions().dtype(at::kLong));
  auto iterator = at::TensorIterator::borrowing_nullary_op(indices);
  const auto *first = const_elements<int64_t>(indices);
  auto range = [&](char **data, const int64_t *, int64_t size0, int64_t size1) {
    auto begin = reinterpret_cast<const int64_t *>(data[0]) - first;
    body(begin, begin + size0 * size1);
  };
  iterator.for_each(range, std::max<int64_t>(grain, 1));
}

}  // namespace ct
