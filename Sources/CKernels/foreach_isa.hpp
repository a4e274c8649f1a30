// Compiles the file that CK_KERNELS names once for each instruction set of the architecture, after vec.hpp and each
// time in its own namespace inside ck. All other headers that such a file needs must be included before this one, so
// that they are compiled for the plain processor.
//
// If CK_WITH_DOT is defined, the file is also compiled for AVX-512 with BF16 and VNNI; otherwise that instruction set
// uses the code for AVX-512.
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "common.hpp"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define CK_INLINE inline __attribute__((always_inline))
#define CK_NOINLINE __attribute__((noinline))
#define CK_UNROLL _Pragma("clang loop unroll(full)")

#if defined(__aarch64__)

#define CK_NAMESPACE neon
#define CK_LANES 4
#define CK_REGISTERS 32
#define CK_FMA 1
#include "isa_instance.hpp"

#elif defined(__x86_64__)

#define CK_NAMESPACE portable
#define CK_LANES 4
#define CK_REGISTERS 16
#define CK_FMA 0
#include "isa_instance.hpp"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define CK_NAMESPACE avx2
#define CK_LANES 8
#define CK_REGISTERS 16
#define CK_FMA 1
#define CK_AVX2 1
#include "isa_instance.hpp"
#undef CK_AVX2
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq"))), \
                             apply_to = function)
#define CK_NAMESPACE avx512
#define CK_LANES 16
#define CK_REGISTERS 32
#define CK_FMA 1
#define CK_AVX512 1
#include "isa_instance.hpp"
#pragma clang attribute pop

#if defined(CK_WITH_DOT)
#pragma clang attribute push(                                                                          \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx512vnni"))), \
    apply_to = function)
#define CK_NAMESPACE avx512_dot
#define CK_LANES 16
#define CK_REGISTERS 32
#define CK_FMA 1
#define CK_DOT 1
#include "isa_instance.hpp"
#undef CK_DOT
#pragma clang attribute pop
#endif
#undef CK_AVX512

#else

#define CK_NAMESPACE portable
#define CK_LANES 4
#define CK_REGISTERS 16
#define CK_FMA 0
#include "isa_instance.hpp"

#endif

// CK_DISPATCH(f) is the `f` in the namespace of the current instruction set.
#if defined(__aarch64__)
#define CK_DISPATCH(name) (&ck::neon::name)
#elif defined(__x86_64__)
#if defined(CK_WITH_DOT)
#define CK_DISPATCH_DOT(name) (&ck::avx512_dot::name)
#else
#define CK_DISPATCH_DOT(name) (&ck::avx512::name)
#endif
#define CK_DISPATCH(name)                                        \
  (ck_current_isa() == CK_ISA_AVX512_DOT ? CK_DISPATCH_DOT(name) \
   : ck_current_isa() == CK_ISA_AVX512   ? (&ck::avx512::name)   \
   : ck_current_isa() == CK_ISA_AVX2     ? (&ck::avx2::name)     \
                                         : (&ck::portable::name))
#else
#define CK_DISPATCH(name) (&ck::portable::name)
#endif
