#include "convolution/plan.hpp"

#define CK_WITH_PAIRS
#define CK_KERNELS "convolution/direct_kernels.hpp"
#include "simd/foreach_isa.hpp"

std::unique_ptr<ck::ConvPlan> ck::make_direct_plan(const ConvSpec &spec) { return CK_DISPATCH(make_direct)(spec); }
