#include "convolution/plan.hpp"

#define CK_WITH_BYTES
#define CK_KERNELS "convolution/quantized_depthwise.hpp"
#include "simd/foreach_isa.hpp"

std::unique_ptr<ck::ConvPlan> ck::make_quantized_plan(const ConvSpec &spec) { return CK_DISPATCH(make_quantized)(spec); }
