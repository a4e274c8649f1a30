// The interface for this package.
#include "context.hpp"
#include "crc32.hpp"
#include "handles.hpp"

struct rt_context {
  rt::Context context;
};

namespace {

template <typename... Arguments>
rt_program *make_program(Arguments... arguments) {
  rt_program *program = nullptr;
  rt::guard([&] { program = new rtseg_program(std::make_shared<rt::Program>(arguments...)); });
  return program;
}

}  // namespace

extern "C" uint32_t rt_checksum(const void *bytes, size_t size) { return rt::crc32(bytes, size); }

extern "C" rt_program *rt_program_open(const char *path) { return make_program(path); }

extern "C" rt_program *rt_program_open_memory(const void *bytes, size_t size) {
  return make_program(bytes, size, static_cast<const rt_outside *>(nullptr));
}

extern "C" rt_program *rt_program_create(const void *bytes, size_t size, const rt_outside *outside) {
  static const rt_outside none{};
  return make_program(bytes, size, outside ? outside : &none);
}

extern "C" void rt_program_free(rt_program *program) { delete program; }

extern "C" rt_context *rt_context_create(rt_program *program, const rt_context_options *options) {
  rt_context *context = nullptr;
  rt::guard([&] {
    if (!program || !options) rt::fail(RTSEG_INVALID_ARGUMENT, "a context needs a program and options");
    context = new rt_context{rt::Context(program->program, *options)};
  });
  return context;
}

extern "C" void rt_context_free(rt_context *context) { delete context; }

extern "C" bool rt_run_planes(rt_context *context, const float *planes, int32_t height, int32_t width) {
  return rt::guard([&] { context->context.run_planes(planes, height, width); }) == RTSEG_OK;
}

extern "C" bool rt_run_image(rt_context *context, const ck_map *rgb) {
  return rt::guard([&] { context->context.run_image(*rgb); }) == RTSEG_OK;
}

extern "C" const ck_map *rt_output(const rt_context *context, int32_t output) {
  return context->context.output(output);
}

extern "C" uint64_t rt_memory(const rt_context *context) { return context->context.memory(); }
extern "C" int64_t rt_runs(const rt_context *context, int32_t threads) { return context->context.runs(threads); }

extern "C" bool rt_profile(rt_context *context, int32_t runs, void (*entry)(void *, const rt_profile_entry *),
                           void *state) {
  return rt::guard([&] { context->context.profile(runs, entry, state); }) == RTSEG_OK;
}
