// kernel-check: compares the kernels of each instruction set that this processor has with plain loops in double
// precision. It needs neither Swift nor libtorch, so it runs on other processors, also on emulated ones.
//
// usage: kernel-check [ROUNDS [SEED]]
//
// Each round (without an argument, there is one) draws other shapes and values. Instruction sets that the processor
// lacks are named as skipped. The status is 1 if a comparison failed.
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "kernel_map.hpp"

int main(int count, char **arguments) {
  int rounds = count > 1 ? std::atoi(arguments[1]) : 1;
  uint64_t seed = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1;
  if (rounds < 1) {
    std::fprintf(stderr, "usage: kernel-check [ROUNDS [SEED]]\n");
    return 64;
  }
  struct Free {
    void operator()(ck_pool *pool) const { ck_pool_free(pool); }
  };
  using Pool = std::unique_ptr<ck_pool, Free>;
  Pool alone(ck_pool_create(1)), three(ck_pool_create(3));
  int failures = 0, checked = 0;
  for (int number = 0; number < 64; ++number) {
    auto isa = static_cast<ck_isa>(number);
    const char *name = ck_isa_name(isa);
    if (std::string(name) == "unknown") break;
    if (!ck_supports_isa(isa) || !ck_set_isa(isa)) {
      std::printf("skipped: %s, which this processor lacks\n", name);
      continue;
    }
    int comparisons = 0, failed = 0;
    uint64_t part = 0;
    for (int round = 0; round < 2 * rounds; ++round) {
      for (auto run : {check_convolutions, check_quantized, check_resizing, check_pooling, check_values, check_copies,
                       check_matrices}) {
        Check check = {round % 2 ? three.get() : alone.get(), Draw((seed * 64 + uint64_t(number)) * 65536 + part++), ""};
        run(check);
        comparisons += check.comparisons;
        failed += check.failures;
      }
    }
    std::printf("%s: %s, %d comparisons, %d failures\n", failed ? "failed" : "passed", name, comparisons, failed);
    failures += failed;
    ++checked;
  }
  if (checked == 0) std::printf("failed: this processor has none of the instruction sets\n");
  return failures || !checked;
}
