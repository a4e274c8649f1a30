// Groups of processes and their collectives.
#include "distributed.hpp"

#include <cstring>
#include <thread>

using namespace ct;

namespace {

/// The operation that a process is about to do. The processes exchange these first, because values of unexpected sizes
/// would end the process within gloo.
struct Intent {
  enum Kind : int64_t { kAllReduce, kBroadcast, kAllGather, kBarrier };
  Kind kind;
  /// The number of the reduction, or of the root.
  int64_t detail = 0;
  /// A hash of the types and sizes.
  int64_t layout = 0;
  int64_t count = 0;

  const char *name() const {
    constexpr const char *names[] = {"all-reduce", "broadcast", "all-gather", "barrier"};
    return names[kind];
  }
};

[[noreturn]] void fail(const ct_process_group_impl &group, const char *operation, const std::string &reason) {
  std::rethrow_exception(group.watch->fail(operation, reason));
}

/// Waits for a collective. If it fails, the group fails.
template <typename Start>
void complete(const ct_process_group_impl &group, const char *operation, const Start &start) {
  group.watch->require_sound();
  OperationName name(operation);
  try {
    start()->wait();
  } catch (...) {
    auto reason = group.watch->failure();
    if (!reason.empty()) throw std::runtime_error(reason);
    fail(group, operation, group.watch->describe(std::current_exception()));
  }
}

/// Gathers the same kind of values from all processes: [number of processes, values of one].
at::Tensor gather(const ct_process_group_impl &group, const at::Tensor &own, const char *operation) {
  std::vector<std::vector<at::Tensor>> outputs(1);
  for (int rank = 0; rank < group.size; ++rank) outputs[0].push_back(at::empty_like(own));
  std::vector<at::Tensor> inputs{own};
  complete(group, operation, [&] { return group.control->allgather(outputs, inputs, {}); });
  return at::stack(outputs[0]);
}

/// Fails if the processes are about to do different things.
/// - Returns: The counts of all processes.
std::vector<int64_t> agree(const ct_process_group_impl &group, const Intent &intent) {
  auto own = at::tensor({int64_t(intent.kind), intent.detail, intent.layout, intent.count}, at::kLong);
  auto all = gather(group, own.to(group.control_device), intent.name()).cpu();
  const auto *numbers = const_elements<int64_t>(all);
  std::vector<int64_t> counts;
  for (int rank = 0; rank < group.size; ++rank, numbers += 4) {
    auto who = "rank " + std::to_string(rank);
    Intent other{static_cast<Intent::Kind>(numbers[0]), numbers[1], numbers[2], numbers[3]};
    if (other.kind < Intent::kAllReduce || other.kind > Intent::kBarrier) {
      fail(group, intent.name(), who + " sent what is no message of this program");
    }
    if (other.kind != intent.kind) {
      fail(group, intent.name(), who + " does something else (" + other.name() + ")");
    }
    if (other.detail != intent.detail) {
      fail(group, intent.name(),
           who + (intent.kind == Intent::kBroadcast ? " expects another sender" : " asks for another reduction"));
    }
    if (intent.kind != Intent::kAllGather && (other.count != intent.count || other.layout != intent.layout)) {
      fail(group, intent.name(),
           who + " gives " + std::to_string(other.count) + " values, this process " + std::to_string(intent.count) +
               (other.count == intent.count ? ", in other types or tensors" : ""));
    }
    counts.push_back(other.count);
  }
  return counts;
}

/// Describes an operation, with a hash that different layouts hardly share.
Intent intent_of(Intent::Kind kind, int64_t detail, const std::vector<at::Tensor> &tensors) {
  Intent intent{kind, detail};
  uint64_t hash = 0xcbf29ce484222325;
  auto mix = [&](uint64_t number) { hash = (hash ^ number) * 0x100000001b3; };
  for (const auto &tensor : tensors) {
    mix(uint64_t(tensor.scalar_type()));
    mix(uint64_t(tensor.numel()));
    intent.count += tensor.numel();
  }
  intent.layout = int64_t(hash);
  return intent;
}

/// Calls `body(flat, backend)` for each type and device with the elements of all its tensors as one tensor, and writes
/// the results back.
template <typename Body>
void with_flat(const ct_process_group_impl &group, std::vector<at::Tensor> tensors, const Body &body) {
  at::NoGradGuard no_gradients;
  while (!tensors.empty()) {
    std::vector<at::Tensor> alike, others;
    for (auto &tensor : tensors) {
      auto &list = tensor.scalar_type() == tensors[0].scalar_type() && tensor.device() == tensors[0].device() ? alike
                                                                                                            : others;
      list.push_back(tensor);
    }
    std::vector<at::Tensor> parts;
    for (const auto &tensor : alike) parts.push_back(tensor.reshape({-1}));
    auto flat = parts.size() == 1 ? parts[0].contiguous() : at::cat(parts);
    if (flat.numel() > 0) {
      auto &backend = flat.is_cpu() && group.control_device.is_cpu() ? *group.control : *group.data;
      auto place = flat.is_cpu() && !group.control_device.is_cpu() ? group.device : flat.device();
      auto moved = flat.to(place);
      body(moved, backend);
      int64_t start = 0;
      for (auto &tensor : alike) {
        auto result = moved.narrow(0, start, tensor.numel()).view(tensor.sizes());
        if (!tensor.is_alias_of(result)) tensor.copy_(result);
        start += tensor.numel();
      }
    }
    tensors = std::move(others);
  }
}

std::vector<at::Tensor> checked(const ct_process_group_impl &group, const ct_tensor *handles, size_t count) {
  auto tensors = get_list(handles, count);
  for (const auto &tensor : tensors) {
    TORCH_CHECK(tensor.is_cpu() || (tensor.device().type() == group.device.type()), "rank ", group.rank,
                ": a tensor on ", tensor.device(), " in a group of processes on ", group.device);
  }
  return tensors;
}

void connect(const ct_process_group_options &given, ct_process_group_impl &group) {
  Membership membership{int(given.rank), int(given.size),  given.address,
                        uint16_t(given.port), given.serves, given.attempt, Milliseconds(given.timeout_milliseconds), Milliseconds(given.meeting_milliseconds)};
  group.rank = membership.rank;
  group.size = membership.size;
  group.device = device(given.device);
  group.watch = std::make_shared<Watch>(group.rank, group.size);
  bool on_gpu = given.backend == ct_nccl;
  TORCH_CHECK(on_gpu == group.device.is_cuda(), on_gpu ? "NCCL is for processes on NVIDIA GPUs, not on "
                                                       : "gloo is for processes on CPUs, not on ",
              c10::DeviceTypeName(group.device.type(), true));
  // A missing backend is reported before anyone waits.
  if (on_gpu && !has_nccl()) connect_nccl(membership, nullptr);
  if (!on_gpu && !has_gloo()) connect_gloo(membership, group.watch, nullptr);
  group.store = meet(membership);
  using Group = c10d::ProcessGroup;
  group.both = c10::make_intrusive<Group>(group.store, group.rank, group.size);
  if (has_gloo()) {
    group.control = connect_gloo(membership, group.watch, group.store);
    group.both->setBackend(c10::DeviceType::CPU, Group::GLOO, group.control);
  }
  group.data = on_gpu ? connect_nccl(membership, group.store) : group.control;
  if (on_gpu) group.both->setBackend(c10::DeviceType::CUDA, Group::NCCL, group.data);
  if (!group.control) {
    group.control = group.data;
    group.control_device = group.device;
  }
  group.both->setDefaultBackend(on_gpu ? Group::NCCL : Group::GLOO);
}

}  // namespace

void ct::sum_in_place(ct_process_group_impl &group, at::Tensor &tensor, const char *operation) {
  auto &backend = tensor.is_cpu() ? *group.control : *group.data;
  std::vector<at::Tensor> tensors{tensor};
  complete(group, operation, [&] { return backend.allreduce(tensors, {}); });
}

void ct_distributed_backends(bool *gloo, bool *nccl) {
  *gloo = has_gloo();
  *nccl = has_nccl();
}

bool ct_process_group_connect(const ct_process_group_options *options, ct_process_group *out) {
  return guard([&] {
    auto group = c10::make_intrusive<ct_process_group_impl>();
    connect(*options, *group);
    *out = group.release();
  });
}

void ct_process_group_abort(ct_process_group group, const char *reason) {
  guard([&] {
    group->watch->fail("", reason);
    // Gloo has closed its connections by now.
    if (group->data != group->control || !group->control_device.is_cpu()) group->data->abort();
  });
}

char *ct_process_group_failure(ct_process_group group) {
  auto words = group->watch->failure();
  return words.empty() ? nullptr : copy_string(words);
}

bool ct_process_group_leave(ct_process_group group, const char *key, const char *text) {
  return leave_note(group->store, key, text);
}

char *ct_process_group_find(ct_process_group group, const char *key) {
  auto note = find_note(group->store, key);
  return note.empty() ? nullptr : copy_string(note);
}

void ct_process_group_free(ct_process_group group) {
  if (!group) return;
  // After a failure, gloo's threads may wait for processes that are gone until the time-out. Nothing waits for these
  // threads.
  auto owner = c10::intrusive_ptr<ct_process_group_impl>::reclaim(group);
  if (!group->watch->failure().empty()) std::thread([owner = std::move(owner)] {}).detach();
}

bool ct_all_reduce(ct_process_group group, const ct_tensor *handles, size_t count, int reduction) {
  return guard([&] {
    auto tensors = checked(*group, handles, count);
    for (const auto &tensor : tensors) {
      TORCH_CHECK(reduction != ct_reduce_mean || tensor.is_floating_point(), "rank ", group->rank, ": all-reduce: the mean of ",
                  tensor.scalar_type(), " values");
    }
    agree(*group, intent_of(Intent::kAllReduce, reduction, tensors));
    c10d::AllreduceOptions options;
    options.reduceOp = reduction == ct_reduce_maximum   ? c10d::ReduceOp::MAX
                       : reduction == ct_reduce_minimum ? c10d::ReduceOp::MIN
                                                 : c10d::ReduceOp::SUM;
    with_flat(*group, tensors, [&](at::Tensor &flat, c10d::Backend &backend) {
      std::vector<at::Tensor> list{flat};
      complete(*group, "all-reduce", [&] { return backend.allreduce(list, options); });
      if (reduction == ct_reduce_mean) flat.div_(group->size);
    });
  });
}

bool ct_broadcast(ct_process_group group, const ct_tensor *handles, size_t count, long root) {
  return guard([&] {
    auto tensors = checked(*group, handles, count);
    TORCH_CHECK(root >= 0 && root < group->size, "rank ", group->rank, ": broadcast: there is no rank ", root);
    agree(*group, intent_of(Intent::kBroadcast, root, tensors));
    c10d::BroadcastOptions options;
    options.rootRank = root;
    with_flat(*group, tensors, [&](at::Tensor &flat, c10d::Backend &backend) {
      std::vector<at::Tensor> list{flat};
      complete(*group, "broadcast", [&] { return backend.broadcast(list, options); });
    });
  });
}

bool ct_all_gather(ct_process_group group, ct_tensor bytes, ct_tensor *out) {
  return guard([&] {
    const auto &own = get(bytes);
    TORCH_CHECK(own.is_cpu() && own.scalar_type() == at::kByte && own.dim() == 1, "bytes on the CPU are expected");
    Intent intent{Intent::kAllGather};
    intent.count = own.numel();
    auto lengths = agree(*group, intent);
    constexpr int64_t most = int64_t(1) << 31;
    int64_t longest = 0;
    for (int rank = 0; rank < group->size; ++rank) {
      if (lengths[rank] < 0 || lengths[rank] > most) {
        fail(*group, intent.name(),
             "rank " + std::to_string(rank) + " gives " + std::to_string(lengths[rank]) + " bytes, more than 2 GiB");
      }
      longest = std::max(longest, lengths[rank]);
    }
    std::vector<at::Tensor> results(group->size, at::empty({0}, own.options()));
    if (longest > 0) {
      auto padded = at::zeros({longest}, own.options());
      padded.narrow(0, 0, own.numel()).copy_(own);
      auto all = gather(*group, padded.to(group->control_device), intent.name()).cpu();
      for (int rank = 0; rank < group->size; ++rank) results[rank] = all[rank].narrow(0, 0, lengths[rank]).clone();
    }
    for (int rank = 0; rank < group->size; ++rank) out[rank] = wrap(results[rank]);
  });
}

bool ct_barrier(ct_process_group group) {
  return guard([&] { agree(*group, Intent{Intent::kBarrier}); });
}
