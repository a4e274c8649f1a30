#include "conv_plan.hpp"

#define CK_KERNELS "conv_depthwise_kernels.hpp"
#include "foreach_isa.hpp"

std::unique_ptr<ck::ConvPlan> ck::make_depthwise_plan(const ConvSpec &spec) {
  return CK_DISPATCH(make_depthwise)(spec);
}
