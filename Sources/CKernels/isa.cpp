// Which instruction set to use.
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

static ck_isa best() {
  for (ck_isa isa : {CK_ISA_AVX512_DOT, CK_ISA_AVX512, CK_ISA_AVX2, CK_ISA_NEON}) {
    if (supports(isa)) return isa;
  }
  return CK_ISA_PORTABLE;
}

static thread_local int chosen = -1;

extern "C" ck_isa ck_current_isa(void) {
  static const ck_isa found = best();
  return chosen < 0 ? found : static_cast<ck_isa>(chosen);
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
