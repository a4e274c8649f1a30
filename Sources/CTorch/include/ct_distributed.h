// Processes that train together over c10d: how they meet, collectives, and the means of their gradients.
//
// All processes of a group call the same collectives in the same order. Each wait ends after the group's time-out. The
// first failure ends the group: everything else that waits or is called afterwards fails with the same message.
#ifndef CT_DISTRIBUTED_H
#define CT_DISTRIBUTED_H

#include "ct_base.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The server of keys and values at which processes meet.
typedef struct ct_rendezvous_impl *ct_rendezvous;
typedef struct ct_process_group_impl *ct_process_group;
/// Averages gradients over the processes during the backward pass.
typedef struct ct_reducer_impl *ct_reducer;

/// Whether this build can use gloo, and whether libtorch's library for CUDA, which contains NCCL, is loaded.
void ct_distributed_backends(bool *gloo, bool *nccl);

/// Serves at a port of this machine; 0 stands for any free port.
bool ct_rendezvous_serve(long port, ct_rendezvous *out, long *chosen);
/// Leaves a note for the processes of the first attempt, as ct_process_group_leave does.
bool ct_rendezvous_leave(ct_rendezvous rendezvous, const char *key, const char *text);
void ct_rendezvous_free(ct_rendezvous rendezvous);

/// The backends of collectives.
enum { ct_gloo = 0, ct_nccl = 1 };

typedef struct {
  long rank;
  long size;
  const char *address;
  long port;
  /// Whether this process serves at the port; otherwise another process does.
  bool serves;
  /// The number of restarts of all processes, if the server outlives them.
  long attempt;
  int backend;
  ct_device device;
  /// The longest wait in each operation.
  long timeout_milliseconds;
  /// The longest wait until all processes have come.
  long meeting_milliseconds;
} ct_process_group_options;

/// Meets the other processes and connects to them.
bool ct_process_group_connect(const ct_process_group_options *options, ct_process_group *out);
/// Ends everything that waits, here and in the other processes, and everything that is called afterwards.
void ct_process_group_abort(ct_process_group group, const char *reason);
/// The reason why the group cannot be used any more; NULL if it can. It is freed with ct_free_string.
char *ct_process_group_failure(ct_process_group group);
/// Leaves a note where the processes have met, for all of them to read, also after the group has failed. A note that is
/// there already stays. False, without an error, if the place cannot be reached.
bool ct_process_group_leave(ct_process_group group, const char *key, const char *text);
/// A note that has been left; NULL if there is none or the place cannot be reached. Free with ct_free_string.
char *ct_process_group_find(ct_process_group group, const char *key);
void ct_process_group_free(ct_process_group group);

/// The reductions of ct_all_reduce.
enum { ct_reduce_sum = 0, ct_reduce_mean = 1, ct_reduce_maximum = 2, ct_reduce_minimum = 3 };

/// Replaces tensors by a reduction over all processes. All processes give tensors of the same types and sizes.
bool ct_all_reduce(ct_process_group group, const ct_tensor *tensors, size_t count, int reduction);
/// Replaces tensors by those of the process with rank `root`.
bool ct_broadcast(ct_process_group group, const ct_tensor *tensors, size_t count, long root);
/// Gathers a uint8 tensor of one dimension on the CPU from each process. Lengths may differ. `out` has room for as many
/// tensors as there are processes.
bool ct_all_gather(ct_process_group group, ct_tensor bytes, ct_tensor *out);
/// Waits for all processes.
bool ct_barrier(ct_process_group group);

/// Creates a reducer. All processes pass the same parameters in the same order. `first_bucket_bytes` is the size of the
/// bucket that is ready first, `bucket_bytes` that of the others.
bool ct_reducer_make(ct_process_group group, const ct_tensor *parameters, size_t count, long first_bucket_bytes,
                     long bucket_bytes, bool finds_unused, ct_reducer *out);
/// Prepares for a backward pass that ends with averaged gradients. `outputs` are used only to find unused parameters.
bool ct_reducer_prepare(ct_reducer reducer, const ct_tensor *outputs, size_t count);
void ct_reducer_free(ct_reducer reducer);

/// Normalizes by the statistics of the batches of all processes, which may have different numbers of values, and clamps
/// the result to low and high; infinities stand for no clamp.
bool ct_batch_norm_synchronized(ct_process_group group, ct_tensor x, ct_tensor weight, ct_tensor bias,
                                ct_tensor running_mean, ct_tensor running_var, double momentum, double epsilon,
                                double low, double high, ct_tensor *out);

#ifdef __cplusplus
}
#endif
#endif
