// The meeting of processes: one process serves keys and values, and all connect to it and announce themselves.
#include <c10/util/Logging.h>

#include <cstdlib>
#include <future>
#include <thread>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "distributed.hpp"

C10_DECLARE_int(caffe2_log_level);

using namespace ct;

struct ct_rendezvous_impl {
  c10::intrusive_ptr<c10d::Store> store;
};

namespace {

using StorePointer = c10::intrusive_ptr<c10d::Store>;
using Clock = std::chrono::steady_clock;

/// Keeps libtorch's warnings and errors off the terminal, since our own messages say the same. TORCH_CPP_LOG_LEVEL
/// shows them.
void quieten() {
  if (!std::getenv("TORCH_CPP_LOG_LEVEL")) FLAGS_caffe2_log_level = 3;
}

std::string seconds(Milliseconds time) {
  auto tenths = (time.count() + 50) / 100;
  auto text = std::to_string(tenths / 10);
  if (tenths % 10) text += "." + std::to_string(tenths % 10);
  return text + " s";
}

std::string words(const std::exception &error) {
  const auto *own = dynamic_cast<const c10::Error *>(&error);
  return own ? own->what_without_backtrace() : error.what();
}

/// Runs `body` on a thread of its own and stops waiting for it after some time, because not everything that libtorch
/// does here ends by itself.
template <typename Result>
Result within(Milliseconds time, const std::string &otherwise, std::function<Result()> body) {
  auto promise = std::make_shared<std::promise<Result>>();
  auto future = promise->get_future();
  std::thread([promise, body = std::move(body)] {
    try {
      promise->set_value(body());
    } catch (...) {
      promise->set_exception(std::current_exception());
    }
  }).detach();
  if (future.wait_for(time) != std::future_status::ready) throw std::runtime_error(otherwise);
  return future.get();
}

StorePointer connect(const Membership &membership) {
  auto place = membership.address + ":" + std::to_string(membership.port);
  auto nobody = "nobody answers at " + place + " within " + seconds(membership.meeting) +
                (membership.rank == 0 ? "" : "; rank 0 must run there, and the network must let this machine reach it");
  c10d::TCPStoreOptions options;
  options.port = membership.port;
  options.isServer = membership.serves;
  options.waitWorkers = false;
  options.timeout = membership.meeting;
  auto grace = std::chrono::seconds(2);
  try {
    return within<StorePointer>(membership.meeting + grace, nobody, [address = membership.address, options] {
      return c10::make_intrusive<c10d::TCPStore>(address, options);
    });
  } catch (const std::exception &error) {
    auto reason = words(error);
    auto has = [&](const char *part) { return reason.find(part) != std::string::npos; };
    if (has("EADDRINUSE") || has("ddress already in use")) {
      throw std::runtime_error("port " + std::to_string(membership.port) +
                               " of this machine is in use by another program; take another port");
    }
    if (has("EACCES") || has("ermission denied")) {
      throw std::runtime_error("this user may not serve at port " + std::to_string(membership.port) +
                               "; take a port above 1023");
    }
    throw std::runtime_error(nobody);
  }
}

/// The keys of the processes that were started together.
StorePointer of_attempt(long attempt, const StorePointer &whole) {
  return c10::make_intrusive<c10d::PrefixStore>("rtseg " + std::to_string(attempt), whole);
}

/// Asks a store whose server may be gone, or stand still.
template <typename Result>
Result ask(Result otherwise, std::function<Result()> body) {
  try {
    return within<Result>(std::chrono::seconds(2), "no answer", std::move(body));
  } catch (...) {
    return otherwise;
  }
}

std::string text(const std::vector<uint8_t> &bytes) { return {bytes.begin(), bytes.end()}; }
std::vector<uint8_t> bytes(const std::string &text) { return {text.begin(), text.end()}; }
std::string key(int rank) { return "member " + std::to_string(rank); }

/// Tells the other processes why this one does not take part.
[[noreturn]] void refuse(c10d::Store &store, const Membership &membership, const std::string &reason) {
  store.set("refusal", bytes("rank " + std::to_string(membership.rank) + ": " + reason));
  // The server ends with its process, so the others get time to read first.
  if (membership.serves) std::this_thread::sleep_for(Milliseconds(500));
  throw std::runtime_error(reason);
}

std::vector<std::string> keys_of_missing(c10d::Store &store, int size) {
  std::vector<std::string> missing;
  for (int rank = 0; rank < size; ++rank) {
    if (!store.check({key(rank)})) missing.push_back(key(rank));
  }
  return missing;
}

std::string list(const std::vector<std::string> &keys) {
  constexpr size_t most = 8;
  std::string names = keys.size() == 1 ? "rank " : "ranks ";
  for (size_t index = 0; index < std::min(keys.size(), most); ++index) {
    names += (index ? ", " : "") + keys[index].substr(key(0).size() - 1);
  }
  return keys.size() > most ? names + " and " + std::to_string(keys.size() - most) + " more" : names;
}

/// Waits until each rank has come once, and makes sure that all expect the same number of processes.
void call_the_roll(c10d::Store &store, const Membership &membership) {
  auto deadline = Clock::now() + membership.meeting;
  auto size = std::to_string(membership.size);
  if (auto expected = text(store.compareSet("size", {}, bytes(size))); expected != size) {
    refuse(store, membership, "this process expects " + size + " processes in all, another one " + expected);
  }
  if (store.add("count " + std::to_string(membership.rank), 1) != 1) {
    refuse(store, membership, "another process has rank " + std::to_string(membership.rank) + ", too");
  }
  store.set(key(membership.rank), bytes(size));
  for (auto missing = keys_of_missing(store, membership.size); !missing.empty();) {
    if (store.check({"refusal"})) throw std::runtime_error("a process does not fit: " + text(store.get("refusal")));
    auto left = std::chrono::duration_cast<Milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
      throw std::runtime_error(std::to_string(membership.size - missing.size()) + " of " + size +
                               " processes came within " + seconds(membership.meeting) + "; missing: " + list(missing));
    }
    try {
      store.wait(missing, std::min(left, Milliseconds(200)));
      break;
    } catch (const std::exception &) {
      missing = keys_of_missing(store, membership.size);
    }
  }
}

}  // namespace

StorePointer ct::serve(uint16_t port, uint16_t *chosen) {
  quieten();
  Membership membership{0, 1, "localhost", port, true, 0, std::chrono::seconds(60), std::chrono::seconds(60)};
  auto store = connect(membership);
  *chosen = c10::static_intrusive_pointer_cast<c10d::TCPStore>(store)->getPort();
  return store;
}

StorePointer ct::meet(const Membership &membership) {
  quieten();
  auto whole = connect(membership);
  auto grace = std::chrono::seconds(2);
  auto lost = "the process that serves at " + membership.address + ":" + std::to_string(membership.port) +
              " has not answered within " + seconds(membership.meeting);
  try {
    return within<StorePointer>(membership.meeting + grace, lost, [whole, membership] {
      auto part = of_attempt(membership.attempt, whole);
      call_the_roll(*part, membership);
      return part;
    });
  } catch (const c10::Error &) {
    throw std::runtime_error("the process that serves at " + membership.address + ":" +
                             std::to_string(membership.port) + " ended before all others had come");
  }
}

bool ct::leave_note(const StorePointer &store, const std::string &key, const std::string &note) {
  return ask<bool>(false, [store, key, note] {
    store->compareSet("note " + key, {}, bytes(note));
    return true;
  });
}

std::string ct::find_note(const StorePointer &store, const std::string &key) {
  return ask<std::string>("", [store, name = "note " + key] { return store->check({name}) ? text(store->get(name)) : ""; });
}

bool ct_rendezvous_leave(ct_rendezvous rendezvous, const char *key, const char *text) {
  return leave_note(of_attempt(0, rendezvous->store), key, text);
}

bool ct_rendezvous_serve(long port, ct_rendezvous *out, long *chosen) {
  return guard([&] {
    TORCH_CHECK(port >= 0 && port <= 65535, "the port must be 0 to 65535, not ", port);
    uint16_t number = 0;
    auto store = serve(static_cast<uint16_t>(port), &number);
    *out = new ct_rendezvous_impl{std::move(store)};
    *chosen = number;
  });
}

void ct_rendezvous_free(ct_rendezvous rendezvous) { delete rendezvous; }
