#include <cstring>
#include <map>

#include <ATen/EmptyTensor.h>

#include "guard.hpp"

using namespace ct;

bool ct_empty(const long *shape, size_t rank, ct_dtype type, ct_device place, ct_tensor *out) {
  return guard([&] { *out = wrap(at::empty(ints(shape, rank), options(type, place))); });
}
bool ct_empty_pinned(const long *shape, size_t rank, ct_dtype type, ct_tensor *out) {
  return guard([&] {
    *out = wrap(at::empty(ints(shape, rank), at::TensorOptions().dtype(dtype(type)).pinned_memory(true)));
  });
}
bool ct_full(const long *shape, size_t rank, double value, ct_dtype type, ct_device place, ct_tensor *out) {
  return guard([&] { *out = wrap(at::full(ints(shape, rank), value, options(type, place))); });
}
bool ct_arange(long count, ct_dtype type, ct_device place, ct_tensor *out) {
  return guard([&] { *out = wrap(at::arange(count, options(type, place))); });
}
bool ct_randn(const long *shape, size_t rank, ct_dtype type, ct_device place, ct_tensor *out) {
  return guard([&] { *out = wrap(at::randn(ints(shape, rank), options(type, place))); });
}
bool ct_rand(const long *shape, size_t rank, ct_dtype type, ct_device place, ct_tensor *out) {
  return guard([&] { *out = wrap(at::rand(ints(shape, rank), options(type, place))); });
}
bool ct_from_bytes(const void *bytes, size_t count, const long *shape, size_t rank, ct_dtype type, ct_tensor *out) {
  return guard([&] {
    auto tensor = at::empty(ints(shape, rank), options(type, {0, -1}));
    TORCH_CHECK(tensor.nbytes() == count, "shape ", tensor.sizes(), " of ", tensor.scalar_type(), " takes ",
                tensor.nbytes(), " bytes, not ", count);
    if (count) std::memcpy(tensor.data_ptr(), bytes, count);
    *out = wrap(std::move(tensor));
  });
}
bool ct_from_memory(void *memory, const long *shape, const long *strides, size_t rank, ct_dtype type, ct_tensor *out) {
  return guard([&] {
    *out = wrap(at::from_blob(memory, ints(shape, rank), ints(strides, rank), options(type, {0, -1})));
  });
}
bool ct_from_storage(ct_tensor bytes, ct_dtype type, long offset, const long *shape, const long *strides, size_t rank,
                     ct_tensor *out) {
  return guard([&] {
    auto &source = get(bytes);
    auto tensor = at::empty({0}, source.options().dtype(dtype(type)));
    auto needed = at::detail::computeStorageNbytes(ints(shape, rank), ints(strides, rank), tensor.itemsize(), offset);
    // `set_` would enlarge the memory instead of failing.
    TORCH_CHECK(needed <= source.storage().nbytes(), "a tensor of ", needed, " bytes goes beyond its memory of ",
                source.storage().nbytes());
    *out = wrap(tensor.set_(source.storage(), offset, ints(shape, rank), ints(strides, rank)));
  });
}
bool ct_exchange(ct_tensor a, ct_tensor b) {
  return guard([&] { std::swap(get(a), get(b)); });
}
bool ct_retain(ct_tensor tensor, ct_tensor *out) {
  return guard([&] { *out = wrap(get(tensor)); });
}

bool ct_is_defined(ct_tensor tensor) { return tensor && tensor->tensor.defined(); }
bool ct_rank(ct_tensor tensor, long *out) {
  return guard([&] { *out = get(tensor).dim(); });
}
bool ct_shape(ct_tensor tensor, long *out) {
  return guard([&] {
    auto sizes = get(tensor).sizes();
    std::copy(sizes.begin(), sizes.end(), out);
  });
}
bool ct_strides(ct_tensor tensor, long *out) {
  return guard([&] {
    auto strides = get(tensor).strides();
    std::copy(strides.begin(), strides.end(), out);
  });
}
bool ct_dtype_of(ct_tensor tensor, ct_dtype *out) {
  return guard([&] { *out = static_cast<int>(get(tensor).scalar_type()); });
}
bool ct_device_of(ct_tensor tensor, ct_device *out) {
  return guard([&] {
    auto where = get(tensor).device();
    *out = {static_cast<int>(where.type()), where.index()};
  });
}
bool ct_is_contiguous(ct_tensor tensor, ct_memory_format layout, bool *out) {
  return guard([&] { *out = get(tensor).is_contiguous(format(layout)); });
}
bool ct_is_same(ct_tensor a, ct_tensor b, bool *out) {
  return guard([&] { *out = get(a).is_same(get(b)); });
}
bool ct_identity(ct_tensor tensor, uintptr_t *out) {
  return guard([&] { *out = reinterpret_cast<uintptr_t>(get(tensor).unsafeGetTensorImpl()); });
}
bool ct_memory_identity(ct_tensor tensor, uintptr_t *out) {
  return guard([&] { *out = reinterpret_cast<uintptr_t>(get(tensor).storage().unsafeGetStorageImpl()); });
}
bool ct_data(ct_tensor tensor, void **out) {
  return guard([&] {
    auto &value = get(tensor);
    TORCH_CHECK(value.device().is_cpu(), "the data of a tensor on ", value.device(), " cannot be addressed");
    *out = value.data_ptr();
  });
}
bool ct_storage(ct_tensor tensor, ct_tensor *bytes, const void **address, long *offset) {
  return guard([&] {
    auto &value = get(tensor);
    auto storage = value.storage();
    auto all = at::empty({0}, value.options().dtype(at::kByte).requires_grad(false));
    all.set_(storage, 0, {static_cast<int64_t>(storage.nbytes())}, {1});
    *address = storage.data();
    *offset = value.storage_offset();
    *bytes = wrap(std::move(all));
  });
}
bool ct_item(ct_tensor tensor, double *out) {
  return guard([&] { *out = get(tensor).item().toDouble(); });
}
bool ct_item_int(ct_tensor tensor, long *out) {
  return guard([&] { *out = get(tensor).item().toLong(); });
}

bool ct_to(ct_tensor tensor, ct_dtype type, ct_device place, ct_memory_format layout, bool copy, ct_tensor *out) {
  return guard([&] {
    *out = wrap(get(tensor).to(options(type, place), /*non_blocking=*/false, copy, format(layout)));
  });
}
bool ct_upload(ct_tensor tensor, ct_device place, ct_tensor *out) {
  return guard([&] {
    auto where = device(place);
    *out = wrap(get(tensor).to(at::TensorOptions().device(where), /*non_blocking=*/where.is_cuda()));
  });
}
bool ct_contiguous(ct_tensor tensor, ct_memory_format layout, ct_tensor *out) {
  return guard([&] { *out = wrap(get(tensor).contiguous(format(layout))); });
}
bool ct_clone(ct_tensor tensor, ct_tensor *out) {
  return guard([&] { *out = wrap(get(tensor).clone()); });
}
bool ct_copy_(ct_tensor tensor, ct_tensor source) {
  return guard([&] { get(tensor).copy_(get(source)); });
}
bool ct_copy_all_(const ct_tensor *tensors, const ct_tensor *sources, size_t count) {
  return guard([&] {
    std::map<at::ScalarType, std::pair<std::vector<at::Tensor>, std::vector<at::Tensor>>> by_type;
    for (size_t i = 0; i < count; ++i) {
      auto &lists = by_type[get(tensors[i]).scalar_type()];
      lists.first.push_back(get(tensors[i]));
      lists.second.push_back(get(sources[i]));
    }
    for (auto &entry : by_type) at::_foreach_copy_(entry.second.first, entry.second.second);
  });
}
bool ct_average_all_(const ct_tensor *averages, const ct_tensor *sources, size_t count, double decay) {
  return guard([&] {
    auto list = get_list(averages, count);
    at::_foreach_mul_(list, at::Scalar(decay));
    at::_foreach_add_(list, get_list(sources, count), at::Scalar(1 - decay));
  });
}
bool ct_set_data(ct_tensor tensor, ct_tensor source) {
  return guard([&] { get(tensor).set_data(get(source)); });
}

bool ct_reshape(ct_tensor x, const long *shape, size_t rank, ct_tensor *out) {
  return guard([&] { *out = wrap(get(x).reshape(ints(shape, rank))); });
}
bool ct_view(ct_tensor x, const long *shape, size_t rank, ct_tensor *out) {
  return guard([&] { *out = wrap(get(x).view(ints(shape, rank))); });
}
bool ct_expand(ct_tensor x, const long *shape, size_t rank, ct_tensor *out) {
  return guard([&] { *out = wrap(get(x).expand(ints(shape, rank))); });
}
bool ct_permute(ct_tensor x, const long *dims, size_t rank, ct_tensor *out) {
  return guard([&] { *out = wrap(get(x).permute(ints(dims, rank))); });
}
bool ct_transpose(ct_tensor x, long a, long b, ct_tensor *out) {
  return guard([&] { *out = wrap(get(x).transpose(a, b)); });
}
bool ct_flatten(ct_tensor x, long start, long end, ct_tensor *out) {
  return guard([&] { *out = wrap(get(x).flatten(start, end)); });
}
bool ct_unsqueeze(ct_tensor x, long dim, ct_tensor *out) {
  return guard([&] { *out = wrap(get(x).unsqueeze(dim)); });
}
bool ct_squeeze(ct_tensor x, long dim, ct_tensor *out) {
  return guard([&] { *out = wrap(get(x).squeeze(dim)); });
}
bool ct_cat(const ct_tensor *tensors, size_t count, long dim, ct_tensor *out) {
  return guard([&] { *out = wrap(at::cat(get_list(tensors, count), dim)); });
}
bool ct_stack(const ct_tensor *tensors, size_t count, long dim, ct_tensor *out) {
  return guard([&] { *out = wrap(at::stack(get_list(tensors, count), dim)); });
}
bool ct_split(ct_tensor x, const long *sizes, size_t count, long dim, ct_tensor *out) {
  return guard([&] {
    auto parts = get(x).split_with_sizes(ints(sizes, count), dim);
    for (size_t i = 0; i < count; ++i) out[i] = wrap(std::move(parts[i]));
  });
}
bool ct_slice(ct_tensor x, long dim, long start, long end, long step, ct_tensor *out) {
  return guard([&] { *out = wrap(get(x).slice(dim, start, end, step)); });
}
bool ct_select(ct_tensor x, long dim, long index, ct_tensor *out) {
  return guard([&] { *out = wrap(get(x).select(dim, index)); });
}
bool ct_index_select(ct_tensor x, long dim, ct_tensor indices, ct_tensor *out) {
  return guard([&] { *out = wrap(get(x).index_select(dim, get(indices))); });
}
bool ct_flip(ct_tensor x, const long *dims, size_t count, ct_tensor *out) {
  return guard([&] { *out = wrap(get(x).flip(ints(dims, count))); });
}
bool ct_pad_constant(ct_tensor x, const long *padding, size_t count, double value, ct_tensor *out) {
  return guard([&] { *out = wrap(at::constant_pad_nd(get(x), ints(padding, count), value)); });
}
