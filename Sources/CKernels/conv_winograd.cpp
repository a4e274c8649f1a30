#include "conv_plan.hpp"
#include "shared.hpp"

#define CK_KERNELS "conv_winograd_kernels.hpp"
#include "foreach_isa.hpp"

std::unique_ptr<ck::ConvPlan> ck::make_winograd_plan(const ConvSpec &spec, ck_algorithm algorithm) {
  return CK_DISPATCH(make_winograd)(spec, algorithm);
}
