// The runtime's interface for this package: what rtseg.h offers, with programs in memory, operators of the host,
// measured kernels and profiles besides. A function that returns a pointer returns NULL on failure, one that returns
// bool returns false; rt_last_error() says why.
#ifndef CRUNTIME_H
#define CRUNTIME_H

#include "CKernels.h"
#include "rtseg.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Why this thread's last failing call failed in one line, its kind, and the bytes of memory that were missing (0 for
/// errors of another kind, 1 if the number is not known).
const char *rt_last_error(void);
rtseg_status rt_last_status(void);
size_t rt_last_error_bytes(void);
/// Sets the line for a function of the host that fails.
void rt_set_error(const char *text);

/// The CRC-32 of IEEE 802.3 over some bytes, which guards the sections of a file.
uint32_t rt_checksum(const void *bytes, size_t size);

// MARK: - Programs

/// A checked program.
typedef struct rtseg_program rt_program;

rt_program *rt_program_open(const char *path);
/// The bytes must stay where they are until the program is freed.
rt_program *rt_program_open_memory(const void *bytes, size_t size);

/// The weights outside of a program, which its list of weights gives the type 255.
typedef struct rt_outside {
  /// For each weight of the program its float32 elements; NULL for weights that lie in the program.
  const float *const *weights;
  size_t weight_count;
  /// Tells that a weight is not read any more (see `frees_weights`). One thread at a time calls it. May be NULL.
  void (*release)(void *state, int32_t weight);
  void *state;
} rt_outside;
/// Creates a program from the bytes of a file, which may name weights outside and operators of the host. The bytes are
/// read only during this call; the weights are read until contexts have packed them.
rt_program *rt_program_create(const void *bytes, size_t size, const rt_outside *outside);
void rt_program_free(rt_program *program);

// MARK: - Contexts

/// A program made ready for images of one size.
typedef struct rt_context rt_context;

/// Outputs of a plan.
enum { RT_CLASSES = 0, RT_SCORES = 1 };

/// Finds and keeps measured kernels.
typedef struct rt_choices {
  /// The known ck_algorithm of a kind of convolution, or -1.
  int32_t (*find)(void *state, const char *key);
  /// Takes the fastest algorithm of a kind of convolution; CK_ALGORITHM_AUTO if that is the one that is estimated.
  void (*found)(void *state, const char *key, int32_t algorithm);
  void *state;
} rt_choices;

/// A tensor as the host sees it: dense, in the program's order.
typedef struct rt_tensor {
  float *data;
  int32_t rank;
  const int32_t *sizes;
} rt_tensor;

/// The operators of the host. `call` returns false after rt_set_error.
typedef struct rt_host {
  bool (*call)(void *state, uint32_t index, const rt_tensor *inputs, size_t input_count, const rt_tensor *outputs,
               size_t output_count);
  void *state;
} rt_host;

typedef struct rt_context_options {
  /// From 1 to 256; 0 for one per core that this process may use.
  int32_t threads;
  int32_t plan;
  /// The wanted outputs: 1 << RT_CLASSES, 1 << RT_SCORES or both.
  uint32_t outputs;
  /// The size of the processor's caches; 0 for what the system tells, from 4 to 32 MiB. Operations on larger maps take turns on bands of rows. Results
  /// do not depend on it.
  uint64_t cache_bytes;
  /// The most bytes that maps may take; 0 for the machine's memory.
  uint64_t memory_limit;
  /// NULL to choose kernels by estimates.
  const rt_choices *choices;
  const rt_host *host;
  /// Whether weights outside are released once this context has packed them. No other context of the program can be
  /// made then.
  bool frees_weights;
} rt_context_options;

rt_context *rt_context_create(rt_program *program, const rt_context_options *options);
void rt_context_free(rt_context *context);

/// Runs on a normalized image, dense [channels, height, width].
bool rt_run_planes(rt_context *context, const float *planes, int32_t height, int32_t width);
/// Runs on an image of 8-bit RGB, which the program normalizes.
bool rt_run_image(rt_context *context, const ck_map *rgb);
/// The result of the last run, of the image's size; it is valid until the next run. NULL if it was not asked for.
const ck_map *rt_output(const rt_context *context, int32_t output);

/// The bytes of memory for maps.
uint64_t rt_memory(const rt_context *context);
/// The number of runs so far with some number of threads. A context takes fewer threads than it has if other processes
/// occupy cores.
int64_t rt_runs(const rt_context *context, int32_t threads);

// MARK: - Profiles

/// The time and the work of one instruction in a profile. The texts belong to the context.
typedef struct rt_profile_entry {
  /// The instruction's number in the plan, and its operator and module.
  int32_t index;
  const char *name;
  const char *module;
  /// The kernel that computed it, such as "3x3 /2 winograd-4", "kernel" or "host".
  const char *kernel;
  /// The shape of the first output in memory order.
  int32_t rank;
  const int32_t *sizes;
  /// The median time of one run.
  double seconds;
  uint64_t multiply_accumulates;
  /// The bytes of all inputs and outputs, and of the weights as kernels of this precision read them.
  uint64_t bytes;
  /// The number, from 0, of the chain of operations to which it belongs; -1 if it belongs to none. Each thread runs a
  /// chain by itself, so that the maps between its operations are never whole.
  int32_t chain;
} rt_profile_entry;

/// Runs `runs` times on the last image and tells each instruction's median time, in order.
bool rt_profile(rt_context *context, int32_t runs, void (*entry)(void *state, const rt_profile_entry *entry),
                void *state);

// MARK: - Threads

/// Chooses how many threads a context uses while other processes occupy cores. The threads that share an operation wait
/// for the one that has lost its core, and that often takes longer than the operation takes on fewer threads.
typedef struct rt_governor rt_governor;

rt_governor *rt_governor_create(int32_t most);
void rt_governor_free(rt_governor *governor);
/// The number of threads for the next run.
int32_t rt_governor_threads(const rt_governor *governor);
/// Notes a run's time, and how often the system took a core away from a thread of this process meanwhile.
void rt_governor_record(rt_governor *governor, double seconds, int64_t interruptions);

#ifdef __cplusplus
}
#endif
#endif
