// Processes that train together over c10d: how they meet, collectives, the means of their gradients.
//
// Collectives are called by all processes of a group, in the same order. Each wait ends after the group's time-out. The
// first failure ends the group: whatever else waits or is called afterwards fails with the same words.
#ifndef CT_DISTRIBUTED_H
#define CT_DISTRIBUTED_H

#include "ct_base.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Where processes meet: a server of keys and values.
typedef struct ct_rendezvous_impl *ct_rendezvous;
typedef struct ct_process_group_impl *ct_process_group;
/// Averages gradients over the processes during the backward pass.
typedef struct ct_reducer_impl *ct_reducer;

/// Whether this build can use gloo, and whether libtorch's library for CUDA, with NCCL in it, is loaded.
void ct_distributed_backends(bool *gloo, bool *nccl);

/// Serves at a port of this machine, 0 for one that is free.
bool ct_rendezvous_serve(long port, ct_rendezvous *out, long *chosen);
/// Leaves a note for the processes of the first attempt, as ct_process_group_leave does.
bool ct_rendezvous_leave(ct_rendezvous rendezvous, const char *key, const char *text);
void ct_rendezvous_free(ct_rendezvous rendezvous);

/// Backends of collectives.
enum { ct_gloo = 0, ct_nccl = 1 };

typedef struct {
  long rank;
  long size;
  const char *address;
  long port;
  /// Whether this process serves at the port, rather than another one.
  bool serves;
  /// Counts the restarts of all processes if the server outlives them.
  long attempt;
  int backend;
  ct_device device;
  /// How long to wait in each operation, and until all have come.
  long timeout_milliseconds;
  long meeting_milliseconds;
} ct_process_group_options;

/// Meets the other processes.
bool ct_process_group_connect(const ct_process_group_options *options, ct_process_group *out);
/// Ends all that waits, here and in the other processes, and all that is called afterwards.
void ct_process_group_abort(ct_process_group group, const char *reason);
/// Why the group can be used no more, NULL if it can. Free with ct_free_string.
char *ct_process_group_failure(ct_process_group group);
/// Leaves a note where the processes have met, for all of them to read, also after the group has failed. A note that is
/// there already stays. False, without an error, if the place cannot be reached.
bool ct_process_group_leave(ct_process_group group, const char *key, const char *text);
/// A note that has been left; NULL if there is none or the place cannot be reached. Free with ct_free_string.
char *ct_process_group_find(ct_process_group group, const char *key);
void ct_process_group_free(ct_process_group group);

/// Reductions.
enum { ct_reduce_sum = 0, ct_reduce_mean = 1, ct_reduce_maximum = 2, ct_reduce_minimum = 3 };

/// In place; all processes give tensors of the same types and sizes.
bool ct_all_reduce(ct_process_group group, const ct_tensor *tensors, size_t count, int reduction);
/// In place, from the process of rank `root`.
bool ct_broadcast(ct_process_group group, const ct_tensor *tensors, size_t count, long root);
/// A uint8 tensor of one dimension on the CPU from each process, of any lengths: `out` has room for the group's size.
bool ct_all_gather(ct_process_group group, ct_tensor bytes, ct_tensor *out);
bool ct_barrier(ct_process_group group);

/// The parameters are those of all processes, in the same order. `first_bucket_bytes` is the size of the bucket that is
/// ready first, `bucket_bytes` that of the others.
bool ct_reducer_make(ct_process_group group, const ct_tensor *parameters, size_t count, long first_bucket_bytes,
                     long bucket_bytes, bool finds_unused, ct_reducer *out);
/// Before a backward pass that ends with means; `outputs` matter if unused parameters are to be found.
bool ct_reducer_prepare(ct_reducer reducer, const ct_tensor *outputs, size_t count);
void ct_reducer_free(ct_reducer reducer);

/// Batch normalization by the statistics of the batches of all processes, whose numbers of values may differ, and
/// clamp(y, low, high) of the result; infinities for no clamp.
bool ct_batch_norm_synchronized(ct_process_group group, ct_tensor x, ct_tensor weight, ct_tensor bias,
                                ct_tensor running_mean, ct_tensor running_var, double momentum, double epsilon,
                                double low, double high, ct_tensor *out);

#ifdef __cplusplus
}
#endif
#endif
