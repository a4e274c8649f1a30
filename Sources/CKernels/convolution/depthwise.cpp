#include "convolution/plan.hpp"

#define CK_KERNELS "convolution/depthwise_kernels.hpp"
#include "simd/foreach_isa.hpp"

std::unique_ptr<ck::ConvPlan> ck::make_depthwise_plan(const ConvSpec &spec) {
  return CK_DISPATCH(make_depthwise)(spec);
}
