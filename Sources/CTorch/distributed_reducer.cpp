// Averages gradients over processes during the backward pass.
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include "distributed.hpp"

using namespace ct;

struct ct_reducer_impl {
  int rank;
  std::unique_ptr<c10d::Reducer> reducer;
};

bool ct_reducer_make(ct_process_group group, const ct_tensor *parameters, size_t count, long first_bucket_bytes,
                     long bucket_bytes, bool finds_unused, ct_reducer *out) {
  return guard([&] {
    TORCH_CHECK(first_bucket_bytes > 0 && bucket_bytes > 0, "rank ", group->rank,
                ": the size of buckets of gradients must be positive, not ", bucket_bytes, " bytes");
    group->watch->require_sound();
    auto list = get_list(parameters, count);
    std::vector<bool> sparse(count, false);
    auto [buckets, limits] =
        c10d::compute_bucket_assignment_by_size(list, {size_t(first_bucket_bytes), size_t(bucket_bytes)}, sparse);
    // Gradients arrive in the order from the last layer to the first.
    std::reverse(buckets.begin(), buckets.end());
    std::reverse(limits.begin(), limits.end());
    std::vector<int64_t> caps(limits.begin(), limits.end());
    *out = new ct_reducer_impl{
        group->rank,
        std::make_unique<c10d::Reducer>(
            std::move(list), std::move(buckets), group->both, std::move(sparse), bucket_bytes, finds_unused,
            /*gradient_as_bucket_view=*/false, std::unordered_map<size_t, std::string>(), first_bucket_bytes,
            /*skip_all_reduce_unused_params=*/false, /*use_python_reducer=*/false, std::move(caps))};
  });
}

bool ct_reducer_prepare(ct_reducer reducer, const ct_tensor *outputs, size_t count) {
  return guard([&] {
    try {
      reducer->reducer->rebuild_buckets();
      reducer->reducer->prepare_for_backward(get_list(outputs, count));
    } catch (const c10::Error &error) {
      std::string words = error.what_without_backtrace();
      if (words.find("Expected to have finished reduction") == std::string::npos) throw;
      throw std::runtime_error(
          "rank " + std::to_string(reducer->rank) +
          ": some parameters got no gradient in the last backward pass, so their means over the processes are not known; "
          "let unused parameters be found, or freeze them");
    }
  });
}

void ct_reducer_free(ct_reducer reducer) {
  guard([&] { delete reducer; });
}
