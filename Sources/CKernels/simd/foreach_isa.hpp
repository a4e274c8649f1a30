// Compiles the file that CK_KERNELS names once for each instruction set of the architecture, after vec.hpp and each
// time in its own namespace inside ck. All other headers that such a file needs must be included before this one, so
// that they are compiled for the plain processor.
//
// If CK_WITH_PAIRS is defined, the file is also compiled for products of pairs of bfloat16 (CK_PAIRS is defined then); if
// CK_WITH_BYTES is defined, also for products of four bytes (CK_BYTES, and CK_VNNI if they are those of AVX-512).
// Otherwise those instruction sets use the code for the set that they extend.
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "core/common.hpp"
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define CK_INLINE inline __attribute__((always_inline))
#define CK_NOINLINE __attribute__((noinline))
#define CK_UNROLL _Pragma("clang loop unroll(full)")

#if defined(__aarch64__)

#define CK_NAMESPACE neon
#define CK_LANES 4
#define CK_REGISTERS 32
#define CK_FMA 1
#include "simd/isa_instance.hpp"

#if defined(CK_WITH_BYTES)
#define CK_BYTES 1
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#define CK_NAMESPACE neon_dot
#define CK_LANES 4
#define CK_REGISTERS 32
#define CK_FMA 1
#include "simd/isa_instance.hpp"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("dotprod,i8mm"))), apply_to = function)
#define CK_NAMESPACE neon_i8mm
#define CK_LANES 4
#define CK_REGISTERS 32
#define CK_FMA 1
#define CK_I8MM 1
#include "simd/isa_instance.hpp"
#undef CK_I8MM
#pragma clang attribute pop
#undef CK_BYTES
#endif

#elif defined(__x86_64__)

// Hardly any processor needs these, so they are compiled to be small.
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)
#define CK_NAMESPACE portable
#define CK_LANES 4
#define CK_REGISTERS 16
#define CK_FMA 0
#include "simd/isa_instance.hpp"
#pragma clang attribute pop

#define CK_AVX2 1
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,bmi2"))), apply_to = function)
#define CK_NAMESPACE avx2
#define CK_LANES 8
#define CK_REGISTERS 16
#define CK_FMA 1
#include "simd/isa_instance.hpp"
#pragma clang attribute pop

#if defined(CK_WITH_BYTES)
#define CK_BYTES 1
// The instruction is the same in AVX-512 but for its encoding, by which processors without AVX-VNNI can test this code.
#if defined(CK_AVX_VNNI_BY_AVX512)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,bmi2,avx512f,avx512vl,avx512vnni"))), apply_to = function)
#define CK_ADD_BYTE_PRODUCTS _mm256_dpbusd_epi32
#else
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,bmi2,avxvnni"))), apply_to = function)
#define CK_ADD_BYTE_PRODUCTS _mm256_dpbusd_avx_epi32
#endif
#define CK_NAMESPACE avx2_vnni
#define CK_LANES 8
#define CK_REGISTERS 16
#define CK_FMA 1
#include "simd/isa_instance.hpp"
#undef CK_ADD_BYTE_PRODUCTS
#pragma clang attribute pop
#undef CK_BYTES
#endif
#undef CK_AVX2

#define CK_AVX512 1
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,bmi2,avx512f,avx512bw,avx512vl,avx512dq"))), \
                             apply_to = function)
#define CK_NAMESPACE avx512
#define CK_LANES 16
#define CK_REGISTERS 32
#define CK_FMA 1
#include "simd/isa_instance.hpp"
#pragma clang attribute pop

#if defined(CK_WITH_BYTES)
#define CK_BYTES 1
#define CK_VNNI 1
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,bmi2,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni"))), \
                             apply_to = function)
#define CK_NAMESPACE avx512_vnni
#define CK_LANES 16
#define CK_REGISTERS 32
#define CK_FMA 1
#include "simd/isa_instance.hpp"
#pragma clang attribute pop
#endif

#if defined(CK_WITH_BYTES) || defined(CK_WITH_PAIRS)
#define CK_PAIRS 1
#pragma clang attribute push(                                                                          \
    __attribute__((target("avx2,fma,f16c,bmi2,avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx512vnni"))), \
    apply_to = function)
#define CK_NAMESPACE avx512_dot
#define CK_LANES 16
#define CK_REGISTERS 32
#define CK_FMA 1
#include "simd/isa_instance.hpp"
#pragma clang attribute pop
#undef CK_PAIRS
#endif
#undef CK_VNNI
#undef CK_BYTES
#undef CK_AVX512

#else

#define CK_NAMESPACE portable
#define CK_LANES 4
#define CK_REGISTERS 16
#define CK_FMA 0
#include "simd/isa_instance.hpp"

#endif

// CK_DISPATCH(f) is the `f` in the namespace of the current instruction set.
#if defined(__aarch64__)
#if defined(CK_WITH_BYTES)
#define CK_DISPATCH(name)                                         \
  (ck_current_isa() == CK_ISA_NEON_I8MM  ? (&ck::neon_i8mm::name) \
   : ck_current_isa() == CK_ISA_NEON_DOT ? (&ck::neon_dot::name)  \
                                         : (&ck::neon::name))
#else
#define CK_DISPATCH(name) (&ck::neon::name)
#endif
#elif defined(__x86_64__)
#if defined(CK_WITH_BYTES)
#define CK_AVX512_DOT(name) (&ck::avx512_dot::name)
#define CK_AVX512_VNNI(name) (&ck::avx512_vnni::name)
#define CK_AVX2_VNNI(name) (&ck::avx2_vnni::name)
#else
#if defined(CK_WITH_PAIRS)
#define CK_AVX512_DOT(name) (&ck::avx512_dot::name)
#else
#define CK_AVX512_DOT(name) (&ck::avx512::name)
#endif
#define CK_AVX512_VNNI(name) (&ck::avx512::name)
#define CK_AVX2_VNNI(name) (&ck::avx2::name)
#endif
#define CK_DISPATCH(name)                                          \
  (ck_current_isa() == CK_ISA_AVX512_DOT    ? CK_AVX512_DOT(name)  \
   : ck_current_isa() == CK_ISA_AVX512_VNNI ? CK_AVX512_VNNI(name) \
   : ck_current_isa() == CK_ISA_AVX512      ? (&ck::avx512::name)  \
   : ck_current_isa() == CK_ISA_AVX2_VNNI   ? CK_AVX2_VNNI(name)   \
   : ck_current_isa() == CK_ISA_AVX2        ? (&ck::avx2::name)    \
                                            : (&ck::portable::name))
#else
#define CK_DISPATCH(name) (&ck::portable::name)
#endif
