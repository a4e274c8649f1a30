// Maps, instruction sets, threads and errors.
#ifndef CK_BASE_H
#define CK_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Why the thread's last failing call failed.
const char *ck_last_error(void);
/// How many bytes it asked for in vain if it failed for want of memory (1 if that is not known); 0 if not.
size_t ck_last_error_bytes(void);

typedef enum {
  CK_FLOAT32 = 0,
  CK_BFLOAT16 = 1,
  CK_UINT8 = 2,
} ck_type;

/// One image: element (y, x, c) is at data[y * row + x * pixel + c], strides counted in elements. `pixel` may exceed
/// `channels` (a slice of a wider map: concatenation is writing into slices) and `row` may exceed width * pixel.
/// Nothing outside the given elements is read or written.
typedef struct {
  void *data;
  int32_t height, width, channels;
  ck_type type;
  int64_t row, pixel;
} ck_map;

/// What bytes stand for: b for scale * (b - zero); zero is in 0 to 255.
typedef struct {
  float scale;
  int32_t zero;
} ck_quantization;

/// Rows begin ..< end of an output. Of its inputs, only the rows that these need are read, so that maps may be windows:
/// `data` points to where row 0 would be.
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
} ck_isa;

/// The best instruction set of this processor, or the one that the environment variable RTSEG_ISA names (portable, avx2,
/// avx512, avx512_dot, neon), or the one set by ck_set_isa.
ck_isa ck_current_isa(void);
bool ck_supports_isa(ck_isa isa);
/// Makes plans created and functions called by this thread from now on use an instruction set that this processor
/// supports; for tests.
bool ck_set_isa(ck_isa isa);
const char *ck_isa_name(ck_isa isa);

/// Threads that kernels share. One call at a time may use a pool.
typedef struct ck_pool ck_pool;

/// `threads` counts the calling thread; at most 256.
ck_pool *ck_pool_create(int32_t threads);
void ck_pool_free(ck_pool *pool);
/// The threads that take part in calls.
int32_t ck_pool_threads(const ck_pool *pool);
/// How many of the pool's threads take part in the next calls, all at first; the others sleep.
bool ck_pool_set_threads(ck_pool *pool, int32_t threads);
/// Gives each thread at least `bytes` of scratch memory, so that kernels that need as much do not allocate.
bool ck_pool_reserve(ck_pool *pool, size_t bytes);

typedef void (*ck_task)(void *context, int32_t index, int32_t thread);
/// Calls task(context, index, thread) for each index below `count`, on any of the threads, and waits for all. False if
/// a task threw a C++ exception; the others have run all the same.
bool ck_pool_run(ck_pool *pool, int32_t count, ck_task task, void *context);

#ifdef __cplusplus
}
#endif
#endif
