#include "convolution/plan.hpp"
#include "core/shared.hpp"

#define CK_KERNELS "convolution/winograd_kernels.hpp"
#include "simd/foreach_isa.hpp"

std::unique_ptr<ck::ConvPlan> ck::make_winograd_plan(const ConvSpec &spec, ck_algorithm algorithm) {
  return CK_DISPATCH(make_winograd)(spec, algorithm);
}
