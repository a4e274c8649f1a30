// Maps, instruction sets, threads and errors.
#ifndef CK_BASE_H
#define CK_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The reason why this thread's last failing call failed.
const char *ck_last_error(void);
/// The number of bytes that could not be allocated, if this thread's last failing call failed for lack of memory (1 if
/// the number is not known); otherwise 0.
size_t ck_last_error_bytes(void);

typedef enum {
  CK_FLOAT32 = 0,
  CK_BFLOAT16 = 1,
  CK_UINT8 = 2,
} ck_type;

/// One image. Element (y, x, c) is at data[y * row + x * pixel + c]; strides are counted in elements. `pixel` may
/// exceed `channels` if the map is a slice of a wider map (concatenation means writing into slices), and `row` may
/// exceed width * pixel. Nothing outside these elements is read or written.
typedef struct {
  void *data;
  int32_t height, width, channels;
  ck_type type;
  int64_t row, pixel;
} ck_map;

/// The numbers that the bytes of a quantized map stand for: byte b stands for scale * (b - zero). `zero` is in 0 to
/// 255.
typedef struct {
  float scale;
  int32_t zero;
} ck_quantization;

/// The rows begin ..< end of an output. Of the inputs, only rows that these need are read, so a map may be a window of
/// a larger one: `data` points to where row 0 would be.
typedef struct {
  int32_t begin, end;
} ck_rows;

typedef enum {
  CK_ISA_PORTABLE = 0,
  CK_ISA_NEON = 1,
  CK_ISA_AVX2 = 2,
  CK_ISA_AVX512 = 3,
  /// AVX-512 with the dot products of bfloat16 and int8 (BF16 and VNNI).
  CK_ISA_AVX512_DOT = 4,
  /// AVX2 with the dot products of int8 (AVX-VNNI).
  CK_ISA_AVX2_VNNI = 5,
  /// AVX-512 with the dot products of int8 (VNNI).
  CK_ISA_AVX512_VNNI = 6,
  /// NEON with the dot products of int8: of numbers with signs, or of unsigned by signed ones (I8MM).
  CK_ISA_NEON_DOT = 7,
  CK_ISA_NEON_I8MM = 8,
} ck_isa;

/// The instruction set that this thread uses: the one set by ck_set_isa, or the one that the environment variable
/// RTSEG_ISA names (portable, avx2, avx2_vnni, avx512, avx512_vnni, avx512_dot, neon, neon_dot or neon_i8mm), or the best
/// of this processor.
ck_isa ck_current_isa(void);
/// Whether this processor has an instruction set.
bool ck_supports_isa(ck_isa isa);
/// Makes this thread use an instruction set, for plans that it creates and functions that it calls from now on. For
/// tests. Fails if the processor does not have it.
bool ck_set_isa(ck_isa isa);
/// Whether the current instruction set multiplies pairs of bfloat16 in one instruction, so that maps of bfloat16 are
/// faster than maps of float32.
bool ck_multiplies_bfloat16(void);
/// The size of this processor's cache of level 1 (of data), 2 or 3 in bytes; 0 if it is not known.
size_t ck_cache_bytes(int32_t level);
/// The name of an instruction set, for people.
const char *ck_isa_name(ck_isa isa);

/// Functions that give large memory: packed weights, scratch memory and the caller's maps. `allocate` returns memory
/// that is aligned to `alignment`, a power of two, or NULL. Several threads may call both at the same time.
typedef struct {
  void *(*allocate)(void *state, size_t alignment, size_t bytes);
  void (*release)(void *state, void *memory, size_t bytes);
  void *state;
} ck_allocator;

/// Sets the functions that give memory; NULL stands for the system's. Call it while no convolution, no pool and no
/// memory of ck_allocate exists. Fails if one of the two functions is missing.
bool ck_set_allocator(const ck_allocator *allocator);
/// Allocates memory for maps. `alignment` is a power of two.
void *ck_allocate(size_t alignment, size_t bytes);
/// Releases memory of ck_allocate, which got the same `bytes`. `memory` may be NULL.
void ck_release(void *memory, size_t bytes);

/// Threads that kernels share. Only one call at a time may use a pool.
typedef struct ck_pool ck_pool;

/// Creates a pool. `threads` counts the calling thread too and is at most 256.
ck_pool *ck_pool_create(int32_t threads);
void ck_pool_free(ck_pool *pool);
/// The number of threads that take part in calls.
int32_t ck_pool_threads(const ck_pool *pool);
/// Sets the number of the pool's threads that take part in the next calls. At first all of them do; the others sleep.
bool ck_pool_set_threads(ck_pool *pool, int32_t threads);
/// Gives each thread at least `bytes` of scratch memory, so that kernels that need no more do not allocate.
bool ck_pool_reserve(ck_pool *pool, size_t bytes);
/// Between these two calls, functions that take the pool check their arguments and note how much scratch memory they
/// need, but neither read nor write maps. ck_pool_end_planning then allocates it, so that the same calls allocate
/// nothing later and cannot run out of memory. It fails if there is too little memory.
void ck_pool_begin_planning(ck_pool *pool);
bool ck_pool_end_planning(ck_pool *pool);

typedef void (*ck_task)(void *context, int32_t index, int32_t thread);
/// Calls task(context, index, thread) for each index below `count`, on any of the threads, and waits for all calls.
/// Returns false if a call threw a C++ exception; all other calls are made nevertheless.
bool ck_pool_run(ck_pool *pool, int32_t count, ck_task task, void *context);

#ifdef __cplusplus
}
#endif
#endif
