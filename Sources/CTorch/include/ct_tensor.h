// Creation, properties, conversion, shape.
#ifndef CT_TENSOR_H
#define CT_TENSOR_H

#include "ct_base.h"

#ifdef __cplusplus
extern "C" {
#endif

// Creation
bool ct_empty(const long *shape, size_t rank, ct_dtype dtype, ct_device device, ct_tensor *out);
/// Elements in memory of the CPU that a GPU can read by itself. Only libtorch with CUDA has such memory.
bool ct_empty_pinned(const long *shape, size_t rank, ct_dtype dtype, ct_tensor *out);
bool ct_full(const long *shape, size_t rank, double value, ct_dtype dtype, ct_device device, ct_tensor *out);
/// Creates a tensor of the numbers 0, 1, ... count - 1.
bool ct_arange(long count, ct_dtype dtype, ct_device device, ct_tensor *out);
bool ct_randn(const long *shape, size_t rank, ct_dtype dtype, ct_device device, ct_tensor *out);
bool ct_rand(const long *shape, size_t rank, ct_dtype dtype, ct_device device, ct_tensor *out);
/// Creates a tensor that holds a copy of `bytes`, which are row-major and as many as shape and type need.
bool ct_from_bytes(const void *bytes, size_t count, const long *shape, size_t rank, ct_dtype dtype, ct_tensor *out);
/// Exchanges the tensors of two handles.
bool ct_exchange(ct_tensor a, ct_tensor b);
/// Creates a tensor on memory that belongs to the caller and must outlive the tensor. Strides count elements.
bool ct_from_memory(
    void *memory, const long *shape, const long *strides, size_t rank, ct_dtype dtype, ct_tensor *out);
/// Creates another handle to the same tensor.
bool ct_retain(ct_tensor tensor, ct_tensor *out);
/// Creates a tensor on the memory of `bytes` (of type uint8), which both share. Offset and strides count elements of
/// `dtype`.
bool ct_from_storage(
    ct_tensor bytes, ct_dtype dtype, long offset, const long *shape, const long *strides, size_t rank, ct_tensor *out);

// Properties
bool ct_is_defined(ct_tensor tensor);
bool ct_rank(ct_tensor tensor, long *out);
/// The number of elements in each dimension. `out` has room for as many values as the tensor has dimensions.
bool ct_shape(ct_tensor tensor, long *out);
bool ct_strides(ct_tensor tensor, long *out);
bool ct_dtype_of(ct_tensor tensor, ct_dtype *out);
bool ct_device_of(ct_tensor tensor, ct_device *out);
bool ct_is_contiguous(ct_tensor tensor, ct_memory_format format, bool *out);
/// Whether both handles refer to the same tensor object.
bool ct_is_same(ct_tensor a, ct_tensor b, bool *out);
/// A number that all handles of a tensor object share. No other object that exists at the same time has it.
bool ct_identity(ct_tensor tensor, uintptr_t *out);
/// A number that all tensors in the same memory share. No other tensor that exists at the same time has it.
bool ct_memory_identity(ct_tensor tensor, uintptr_t *out);
/// The address of the first element of a tensor on the CPU. It is valid while the tensor exists.
bool ct_data(ct_tensor tensor, void **out);
/// The memory of a tensor as a uint8 tensor of one dimension that shares it, the address where that memory begins, and
/// the offset of the tensor's first element in it.
bool ct_storage(ct_tensor tensor, ct_tensor *bytes, const void **address, long *offset);
bool ct_item(ct_tensor tensor, double *out);
bool ct_item_int(ct_tensor tensor, long *out);

// Conversion
bool ct_to(ct_tensor tensor, ct_dtype dtype, ct_device device, ct_memory_format format, bool copy, ct_tensor *out);
/// The tensor on a device. From pinned memory, the device copies it by itself, in order with the device's other work.
bool ct_upload(ct_tensor tensor, ct_device device, ct_tensor *out);
bool ct_contiguous(ct_tensor tensor, ct_memory_format format, ct_tensor *out);
bool ct_clone(ct_tensor tensor, ct_tensor *out);
/// Copies values, converting type and device, into an existing tensor. `source` must broadcast to its shape.
bool ct_copy_(ct_tensor tensor, ct_tensor source);
/// Does the same for each of some tensors. On a GPU they are copied together.
bool ct_copy_all_(const ct_tensor *tensors, const ct_tensor *sources, size_t count);
/// Replaces each average by decay · average + (1 - decay) · source.
bool ct_average_all_(const ct_tensor *averages, const ct_tensor *sources, size_t count, double decay);
/// Makes `tensor` share the data of `source`. Its identity and its gradient flag stay the same.
bool ct_set_data(ct_tensor tensor, ct_tensor source);

// Shape
bool ct_reshape(ct_tensor x, const long *shape, size_t rank, ct_tensor *out);
bool ct_view(ct_tensor x, const long *shape, size_t rank, ct_tensor *out);
bool ct_expand(ct_tensor x, const long *shape, size_t rank, ct_tensor *out);
bool ct_permute(ct_tensor x, const long *dims, size_t rank, ct_tensor *out);
bool ct_transpose(ct_tensor x, long a, long b, ct_tensor *out);
bool ct_flatten(ct_tensor x, long start, long end, ct_tensor *out);
bool ct_unsqueeze(ct_tensor x, long dim, ct_tensor *out);
bool ct_squeeze(ct_tensor x, long dim, ct_tensor *out);
bool ct_cat(const ct_tensor *tensors, size_t count, long dim, ct_tensor *out);
bool ct_stack(const ct_tensor *tensors, size_t count, long dim, ct_tensor *out);
/// Splits a tensor into parts of given sizes. `out` has room for `count` handles, one per size.
bool ct_split(ct_tensor x, const long *sizes, size_t count, long dim, ct_tensor *out);
bool ct_slice(ct_tensor x, long dim, long start, long end, long step, ct_tensor *out);
bool ct_select(ct_tensor x, long dim, long index, ct_tensor *out);
bool ct_index_select(ct_tensor x, long dim, ct_tensor indices, ct_tensor *out);
bool ct_flip(ct_tensor x, const long *dims, size_t count, ct_tensor *out);
/// Pads with a constant. The padding is in libtorch's order: the last axis first, before and after.
bool ct_pad_constant(ct_tensor x, const long *padding, size_t count, double value, ct_tensor *out);

#ifdef __cplusplus
}
#endif
#endif
