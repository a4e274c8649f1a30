// One pass of foreach_isa.hpp.
namespace ck::CK_NAMESPACE {
#include "vec.hpp"
// After the vectors that it uses.
#include CK_KERNELS
}  // namespace ck::CK_NAMESPACE
#undef CK_NAMESPACE
#undef CK_LANES
#undef CK_REGISTERS
#undef CK_FMA
