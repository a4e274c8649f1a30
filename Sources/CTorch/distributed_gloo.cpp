// Collectives in the CPU's memory. libtorch contains gloo but not its headers; Debian's libgloo-dev has them.
#if __has_include(<gloo/context.h>)
#define USE_C10D_GLOO
#endif

#include "distributed.hpp"

#ifdef USE_C10D_GLOO
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sstream>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

namespace {

using WorkPointer = c10::intrusive_ptr<c10d::Work>;

/// Gloo whose failures become those of the group, in plain words. The first failure closes its connections.
class Gloo final : public c10d::ProcessGroupGloo {
 public:
  Gloo(std::shared_ptr<ct::Watch> watch, const c10::intrusive_ptr<c10d::Store> &store, int rank, int size,
       c10::intrusive_ptr<Options> options)
      : ProcessGroupGloo(store, rank, size, std::move(options)), watch_(std::move(watch)) {
    watch_->on_failure([contexts = contexts_] {
      for (const auto &context : contexts) context->closeConnections();
    });
  }

  WorkPointer broadcast(std::vector<at::Tensor> &tensors, const c10d::BroadcastOptions &options) override {
    return watched("broadcast", [&] { return ProcessGroupGloo::broadcast(tensors, options); });
  }
  WorkPointer allreduce(std::vector<at::Tensor> &tensors, const c10d::AllreduceOptions &options) override {
    return watched("all-reduce", [&] { return ProcessGroupGloo::allreduce(tensors, options); });
  }
  WorkPointer allgather(std::vector<std::vector<at::Tensor>> &outputs, std::vector<at::Tensor> &inputs,
                        const c10d::AllgatherOptions &options) override {
    return watched("all-gather", [&] { return ProcessGroupGloo::allgather(outputs, inputs, options); });
  }

 private:
  template <typename Start>
  WorkPointer watched(const char *operation, const Start &start) {
    watch_->require_sound();
    return c10::make_intrusive<ct::WatchedWork>(watch_, start(), ct::OperationName::current_or(operation));
  }

  std::shared_ptr<ct::Watch> watch_;
};

/// The number of this machine's address on the way to another machine, which is the address that the other one can
/// reach.
std::string own_address(const std::string &address, uint16_t port) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_DGRAM;
  if (getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return "";
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  for (auto *candidate = found; candidate; candidate = candidate->ai_next) {
    // Connecting a datagram socket sends nothing.
    auto socket = ::socket(candidate->ai_family, SOCK_DGRAM, 0);
    if (socket < 0) continue;
    sockaddr_storage own{};
    socklen_t length = sizeof own;
    char number[NI_MAXHOST];
    auto *generic = reinterpret_cast<sockaddr *>(&own);
    auto known = ::connect(socket, candidate->ai_addr, candidate->ai_addrlen) == 0 &&
                 getsockname(socket, generic, &length) == 0 &&
                 getnameinfo(generic, length, number, sizeof number, nullptr, 0, NI_NUMERICHOST) == 0;
    close(socket);
    if (known) return number;
  }
  return "";
}

std::vector<std::shared_ptr<gloo::transport::Device>> devices_for(const ct::Membership &membership) {
  std::vector<std::shared_ptr<gloo::transport::Device>> devices;
  // PyTorch reads this variable too. It holds names of network interfaces, separated by commas.
  if (const auto *names = std::getenv("GLOO_SOCKET_IFNAME"); names && *names) {
    std::istringstream list(names);
    for (std::string name; std::getline(list, name, ',');) {
      try {
        devices.push_back(c10d::ProcessGroupGloo::createDeviceForInterface(name));
      } catch (const std::exception &) {
        throw std::runtime_error("GLOO_SOCKET_IFNAME names the network interface \"" + name +
                                 "\", which this machine does not have or which has no address");
      }
    }
    return devices;
  }
  auto own = own_address(membership.address, membership.port);
  if (!own.empty()) {
    try {
      devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname(own));
      return devices;
    } catch (const std::exception &) {
    }
  }
  devices.push_back(c10d::ProcessGroupGloo::createDefaultDevice());
  return devices;
}

}  // namespace

bool ct::has_gloo() { return true; }

c10::intrusive_ptr<c10d::Backend> ct::connect_gloo(const Membership &membership, std::shared_ptr<Watch> watch,
                                                   const c10::intrusive_ptr<c10d::Store> &store) {
  auto options = c10d::ProcessGroupGloo::Options::create(membership.meeting);
  options->devices = devices_for(membership);
  auto part = c10::make_intrusive<c10d::PrefixStore>("gloo", store);
  try {
    auto gloo = c10::make_intrusive<Gloo>(watch, part, membership.rank, membership.size, options);
    gloo->setTimeout(membership.timeout);
    return gloo;
  } catch (...) {
    throw std::runtime_error("connecting to the other processes: " + watch->describe(std::current_exception()));
  }
}

#else

bool ct::has_gloo() { return false; }

c10::intrusive_ptr<c10d::Backend> ct::connect_gloo(const Membership &, std::shared_ptr<Watch>,
                                                   const c10::intrusive_ptr<c10d::Store> &) {
  throw std::runtime_error(
      "this build has no gloo, which several processes on CPUs need: install gloo's headers (libgloo-dev on Debian and "
      "Ubuntu) and build again");
}

#endif
