// The choice of the instruction set.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "common.hpp"

static bool supports(ck_isa isa) {
  switch (isa) {
    case CK_ISA_PORTABLE: return true;
#if defined(__aarch64__)
    case CK_ISA_NEON: return true;
#endif
#if defined(__x86_64__)
    case CK_ISA_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case CK_ISA_AVX512:
      return supports(CK_ISA_AVX2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    case CK_ISA_AVX512_DOT:
      return supports(CK_ISA_AVX512) && __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni");
#endif
    default: return false;
  }
}

struct named_isa {
  ck_isa isa;
  const char *name;
};

// All instruction sets, the best one first, with the names that the environment variable RTSEG_ISA takes.
static constexpr named_isa instruction_sets[] = {
    {CK_ISA_AVX512_DOT, "avx512_dot"}, {CK_ISA_AVX512, "avx512"}, {CK_ISA_AVX2, "avx2"}, {CK_ISA_NEON, "neon"},
    {CK_ISA_PORTABLE, "portable"}};

// The instruction set that RTSEG_ISA names, so that a machine can be tested as if it were an older one; otherwise the
// best.
static ck_isa found() {
  const char *wanted = std::getenv("RTSEG_ISA");
  for (const auto &[isa, name] : instruction_sets) {
    if (supports(isa) && (!wanted || std::strcmp(wanted, name) == 0)) return isa;
  }
  // Continuing with another instruction set would make every test under this name worthless.
  std::fprintf(stderr, "RTSEG_ISA: this processor has no instruction set '%s'; it has", wanted);
  for (const auto &[isa, name] : instruction_sets) {
    if (supports(isa)) std::fprintf(stderr, " %s", name);
  }
  std::fprintf(stderr, "\n");
  std::exit(64);
}

static thread_local int chosen = -1;

extern "C" ck_isa ck_current_isa(void) {
  static const ck_isa best = found();
  return chosen < 0 ? best : static_cast<ck_isa>(chosen);
}

extern "C" bool ck_supports_isa(ck_isa isa) { return supports(isa); }

extern "C" bool ck_set_isa(ck_isa isa) {
  if (!supports(isa)) {
    ck::set_last_error("this processor lacks the instruction set");
    return false;
  }
  chosen = isa;
  return true;
}

extern "C" const char *ck_isa_name(ck_isa isa) {
  switch (isa) {
    case CK_ISA_PORTABLE: return "portable";
    case CK_ISA_NEON: return "NEON";
    case CK_ISA_AVX2: return "AVX2";
    case CK_ISA_AVX512: return "AVX-512";
    case CK_ISA_AVX512_DOT: return "AVX-512 with BF16 and VNNI";
  }
  return "unknown";
}
