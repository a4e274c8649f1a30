// The choice of the instruction set.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/common.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__linux__)
#include <sys/auxv.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif

#if defined(__x86_64__)
// The compilers' __builtin_cpu_supports does not know these two everywhere. Both need only what AVX2 needs of the system.
static bool has_f16c() {
  unsigned a, b, c, d;
  return __get_cpuid(1, &a, &b, &c, &d) && (c >> 29 & 1);
}
[[maybe_unused]] static bool has_avx_vnni() {
  unsigned a, b, c, d;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 4 & 1);
}
#elif defined(__aarch64__) && defined(__linux__)
static bool has_dot_products() { return getauxval(AT_HWCAP) >> 20 & 1; }
static bool has_i8mm() { return getauxval(AT_HWCAP2) >> 13 & 1; }
#elif defined(__aarch64__) && defined(__APPLE__)
static bool has_feature(const char *name) {
  int value = 0;
  size_t size = sizeof value;
  return sysctlbyname(name, &value, &size, nullptr, 0) == 0 && value == 1;
}
static bool has_dot_products() { return has_feature("hw.optional.arm.FEAT_DotProd"); }
static bool has_i8mm() { return has_feature("hw.optional.arm.FEAT_I8MM"); }
#elif defined(__aarch64__)
static bool has_dot_products() { return false; }
static bool has_i8mm() { return false; }
#endif

static bool supports(ck_isa isa) {
  switch (isa) {
    case CK_ISA_PORTABLE: return true;
#if defined(__aarch64__)
    case CK_ISA_NEON: return true;
    case CK_ISA_NEON_DOT: return has_dot_products();
    case CK_ISA_NEON_I8MM: return has_i8mm();
#endif
#if defined(__x86_64__)
    case CK_ISA_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2") &&
             has_f16c();
#if defined(CK_AVX_VNNI_BY_AVX512)
    case CK_ISA_AVX2_VNNI: return supports(CK_ISA_AVX512_VNNI);
#else
    case CK_ISA_AVX2_VNNI: return supports(CK_ISA_AVX2) && has_avx_vnni();
#endif
    case CK_ISA_AVX512:
      return supports(CK_ISA_AVX2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    case CK_ISA_AVX512_VNNI: return supports(CK_ISA_AVX512) && __builtin_cpu_supports("avx512vnni");
    case CK_ISA_AVX512_DOT: return supports(CK_ISA_AVX512_VNNI) && __builtin_cpu_supports("avx512bf16");
#endif
    default: return false;
  }
}

/// Whether an instruction set is faster here than the next best one. Products of bfloat16 pairs were no faster than those of
/// float32 on the one Intel processor that was measured (Emerald Rapids), and Winograd's arithmetic needs fewer of the latter.
static bool is_worthwhile(ck_isa isa) {
#if defined(__x86_64__)
  if (isa == CK_ISA_AVX512_DOT) return !__builtin_cpu_is("intel");
#endif
  return true;
}

bool ck::has_full_wide_units() {
#if defined(__x86_64__)
  static const bool has = __builtin_cpu_is("intel") && !__builtin_cpu_is("icelake-client") &&
                          !__builtin_cpu_is("tigerlake") && !__builtin_cpu_is("rocketlake");
  return has;
#else
  return false;
#endif
}

struct named_isa {
  ck_isa isa;
  const char *name;
};

// All instruction sets, the best one first, with the names that the environment variable RTSEG_ISA takes.
static constexpr named_isa instruction_sets[] = {
    {CK_ISA_AVX512_DOT, "avx512_dot"}, {CK_ISA_AVX512_VNNI, "avx512_vnni"}, {CK_ISA_AVX512, "avx512"},
    {CK_ISA_AVX2_VNNI, "avx2_vnni"},   {CK_ISA_AVX2, "avx2"},               {CK_ISA_NEON_I8MM, "neon_i8mm"},
    {CK_ISA_NEON_DOT, "neon_dot"},     {CK_ISA_NEON, "neon"},               {CK_ISA_PORTABLE, "portable"}};

// The fastest instruction set, or the one that RTSEG_ISA names, so that a machine can be measured and tested as if it were an
// older one.
struct found_isa {
  ck_isa isa = CK_ISA_PORTABLE;
  // A line that says why RTSEG_ISA cannot be heeded; empty if it can.
  std::string fault;

  found_isa() {
    const char *wanted = std::getenv("RTSEG_ISA");
    std::string known;
    bool is_found = false;
    for (const auto &[candidate, name] : instruction_sets) {
      if (!supports(candidate)) continue;
      known += known.empty() ? name : std::string(", ") + name;
      if (is_found || (wanted ? std::strcmp(wanted, name) != 0 : !is_worthwhile(candidate))) continue;
      isa = candidate, is_found = true;
    }
    if (!is_found) fault = "RTSEG_ISA is '" + std::string(wanted) + "', expected one of this processor's: " + known;
  }
};

static const found_isa &found() {
  static const found_isa once;
  return once;
}

void ck::check_isa() {
  if (!found().fault.empty()) fail("%s", found().fault.c_str());
}

static thread_local int chosen = -1;

extern "C" ck_isa ck_current_isa(void) {
  return chosen < 0 ? found().isa : static_cast<ck_isa>(chosen);
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

extern "C" bool ck_multiplies_bfloat16(void) { return ck_current_isa() == CK_ISA_AVX512_DOT; }

extern "C" const char *ck_isa_name(ck_isa isa) {
  switch (isa) {
    case CK_ISA_PORTABLE: return "portable";
    case CK_ISA_NEON: return "NEON";
    case CK_ISA_AVX2: return "AVX2";
    case CK_ISA_AVX512: return "AVX-512";
    case CK_ISA_AVX512_DOT: return "AVX-512 with BF16 and VNNI";
    case CK_ISA_AVX2_VNNI: return "AVX2 with VNNI";
    case CK_ISA_AVX512_VNNI: return "AVX-512 with VNNI";
    case CK_ISA_NEON_DOT: return "NEON with dot products";
    case CK_ISA_NEON_I8MM: return "NEON with I8MM";
  }
  return "unknown";
}
