#include "conv_plan.hpp"

#define CK_WITH_DOT
#define CK_KERNELS "conv_bytes_depthwise.hpp"
#include "foreach_isa.hpp"

std::unique_ptr<ck::ConvPlan> ck::make_bytes_plan(const ConvSpec &spec) { return CK_DISPATCH(make_bytes)(spec); }
