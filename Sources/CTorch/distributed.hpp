// Declarations that the files about groups of processes share.
#pragma once

#include <chrono>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "distributed_watch.hpp"

/// A group of processes. It is reference-counted, since recorded operations refer to it until their backward pass.
struct ct_process_group_impl : torch::CustomClassHolder {
  int rank = 0, size = 0;
  std::shared_ptr<ct::Watch> watch;
  c10::intrusive_ptr<c10d::Store> store;
  /// Carries values in the CPU's memory, and the messages by which processes tell each other what they are about to do.
  /// Without gloo it is the same as `data`.
  c10::intrusive_ptr<c10d::Backend> control;
  /// Carries values on the group's device.
  c10::intrusive_ptr<c10d::Backend> data;
  at::Device device = at::kCPU, control_device = at::kCPU;
  /// Both backends, in the form that the reducer takes.
  c10::intrusive_ptr<c10d::ProcessGroup> both;
};

namespace ct {

using Milliseconds = std::chrono::milliseconds;

/// Whether this build has gloo's headers, so that it can use the gloo in libtorch.
bool has_gloo();
/// Whether libtorch's library for CUDA, with NCCL in it, is loaded.
bool has_nccl();

/// The part that a process plays in a group, from ct_process_group_options.
struct Membership {
  int rank, size;
  std::string address;
  uint16_t port;
  bool serves;
  long attempt;
  Milliseconds timeout, meeting;
};

/// Serves keys and values at a port, or at any free one for 0, and connects to it.
c10::intrusive_ptr<c10d::Store> serve(uint16_t port, uint16_t *chosen);
/// The keys and values that all processes share. The function returns once all processes have come.
c10::intrusive_ptr<c10d::Store> meet(const Membership &membership);

/// Leaves a note for all processes, unless there is one under that key.
/// - Returns: Whether the store could be reached.
bool leave_note(const c10::intrusive_ptr<c10d::Store> &store, const std::string &key, const std::string &note);
/// A note; empty if there is none or the store cannot be reached.
std::string find_note(const c10::intrusive_ptr<c10d::Store> &store, const std::string &key);

c10::intrusive_ptr<c10d::Backend> connect_gloo(const Membership &membership, std::shared_ptr<Watch> watch,
                                               const c10::intrusive_ptr<c10d::Store> &store);
c10::intrusive_ptr<c10d::Backend> connect_nccl(const Membership &membership,
                                               const c10::intrusive_ptr<c10d::Store> &store);

/// Sums in place over the processes. It is used only if all processes are known to give the same sizes.
void sum_in_place(ct_process_group_impl &group, at::Tensor &tensor, const char *operation);

}  // namespace ct
