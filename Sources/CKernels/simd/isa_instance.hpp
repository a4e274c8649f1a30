// One pass of foreach_isa.hpp, for one instruction set.
namespace ck::CK_NAMESPACE {
#include "simd/vec.hpp"
// The kernels come after the vectors that they use.
#include CK_KERNELS
}  // namespace ck::CK_NAMESPACE
#undef CK_NAMESPACE
#undef CK_LANES
#undef CK_REGISTERS
#undef CK_FMA
