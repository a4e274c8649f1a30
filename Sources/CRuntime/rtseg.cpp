// The public interface.
#include <cstdio>

#include "channel_image.hpp"
#include "handles.hpp"
#include "image.hpp"
#include "results.hpp"

namespace {

constexpr uint32_t kAllKinds = 1u << RTSEG_CLASSES | 1u << RTSEG_SCORES | 1u << RTSEG_PROBABILITY;

uint32_t wanted_kinds(const rtseg_options &options) {
  uint32_t kinds = options.kinds ? options.kinds : 1u << RTSEG_CLASSES;
  if (kinds & ~kAllKinds) {
    rt::fail(RTSEG_INVALID_ARGUMENT, "kinds of results are %u, expected 0 to %u", kinds, kAllKinds);
  }
  return kinds;
}

/// The outputs of the plan that results are made of.
uint32_t outputs(const rt::Plan &plan, uint32_t kinds, bool resizes) {
  bool wants_classes = kinds >> RTSEG_CLASSES & 1, wants_scores = kinds >> RTSEG_SCORES != 0;
  bool needs_scores = wants_scores || resizes || plan.classes < 0;
  return (needs_scores ? 1u << RT_SCORES : 0) | (wants_classes && !resizes && plan.classes >= 0 ? 1u << RT_CLASSES : 0);
}

rt_context_options context_options(const rtseg_program &program, const rtseg_options &options) {
  const std::vector<rt::Plan> &plans = program.program->plans();
  if (options.size_index < 0 || size_t(options.size_index) >= plans.size()) {
    rt::fail(RTSEG_INVALID_ARGUMENT, "size %d: the program has the sizes 0 to %zu", options.size_index,
             plans.size() - 1);
  }
  rt_context_options result{};
  result.threads = options.threads;
  result.plan = options.size_index;
  result.memory_limit = options.memory_limit;
  result.outputs = outputs(plans[size_t(options.size_index)], wanted_kinds(options), options.resizes_images != 0);
  return result;
}

}  // namespace

struct rtseg_context {
  rtseg_context(const rtseg_program &program, const rtseg_options &options)
      : kinds(wanted_kinds(options)),
        resizes(options.resizes_images != 0),
        context(program.program, context_options(program, options)),
        writer(context, kinds, resizes),
        pixels(size_t(context.plan().size.height) * size_t(context.plan().size.width) * 3) {}

  template <typename Image>
  void check_result(const rtseg_result &result, const Image &image) const {
    writer.check(result, kinds);
    rtseg_size own = context.plan().size;
    bool fits = (result.height == own.height && result.width == own.width) ||
                (result.height == image.height() && result.width == image.width());
    if (!fits) {
      rt::fail(RTSEG_INVALID_ARGUMENT, "a result of %dx%d: expected the image's size, %dx%d, or the program's, %dx%d",
               result.height, result.width, image.height(), image.width(), own.height, own.width);
    }
    int64_t classes = context.program().class_count();
    int64_t least = result.width * (result.kind == RTSEG_CLASSES ? 1 : result.kind == RTSEG_SCORES ? classes * 4 : 4);
    bool is_aligned = result.kind == RTSEG_CLASSES ||
                      (result.stride % 4 == 0 && reinterpret_cast<uintptr_t>(result.data) % 4 == 0);
    if ((result.stride != 0 && result.stride < least) || !is_aligned) {
      rt::fail(RTSEG_INVALID_ARGUMENT,
               "rows of a result are %lld bytes apart: expected at least %lld, and floats at multiples of 4",
               static_cast<long long>(result.stride), static_cast<long long>(least));
    }
  }

  void run(const rtseg_image &described, const rtseg_result *results, size_t count) {
    if (!context.program().description().is_rgb()) return run_channels(described, results, count);
    rt::SourceImage image(described);
    rtseg_size own = context.plan().size;
    bool has_own_size = image.height() == own.height && image.width() == own.width;
    if (!has_own_size && !resizes) {
      rt::fail(RTSEG_INVALID_ARGUMENT,
               "the image is %dx%d, the context was made for %dx%d; set resizes_images in its options",
               image.height(), image.width(), own.height, own.width);
    }
    if (count > 0 && !results) rt::fail(RTSEG_INVALID_ARGUMENT, "the list of results is missing");
    for (size_t i = 0; i < count; ++i) check_result(results[i], image);
    if (has_own_size && image.is_rgb()) {
      context.run_image(image.map());
    } else {
      ck_map rgb = {pixels.start(), own.height, own.width, 3, CK_UINT8, int64_t(own.width) * 3, 3};
      resizer(context.pool(), image, rgb);
      context.run_image(rgb);
    }
    for (size_t i = 0; i < count; ++i) writer.write(context, results[i]);
  }

  /// Runs on an image that is no RGB.
  void run_channels(const rtseg_image &described, const rtseg_result *results, size_t count) {
    rt::ChannelImage image(described, context.program().description());
    rtseg_size own = context.plan().size;
    if (image.height() != own.height || image.width() != own.width) {
      rt::fail(RTSEG_INVALID_ARGUMENT, "the image is %dx%d, the context was made for %dx%d, and only RGB is resized",
               image.height(), image.width(), own.height, own.width);
    }
    if (count > 0 && !results) rt::fail(RTSEG_INVALID_ARGUMENT, "the list of results is missing");
    for (size_t i = 0; i < count; ++i) check_result(results[i], image);
    image.normalize(planes);
    context.run_planes(planes.data(), own.height, own.width);
    for (size_t i = 0; i < count; ++i) writer.write(context, results[i]);
  }

  uint32_t kinds;
  bool resizes;
  rt::Context context;
  rt::ResultWriter writer;
  rt::ImageResizer resizer;
  /// An image in RGB of the program's size, for images of other formats and sizes.
  rt::Memory pixels;
  /// The normalized channels of an image that is no RGB.
  std::vector<float> planes;
};

#define RTSEG_TEXT_(number) #number
#define RTSEG_TEXT(number) RTSEG_TEXT_(number)

const char *rtseg_version(void) {
  return RTSEG_TEXT(RTSEG_VERSION_MAJOR) "." RTSEG_TEXT(RTSEG_VERSION_MINOR) "." RTSEG_TEXT(RTSEG_VERSION_PATCH);
}

const char *rtseg_instruction_set(void) { return ck_isa_name(ck_current_isa()); }
const char *rtseg_error_message(void) { return rt_last_error(); }

rtseg_status rtseg_set_allocator(const rtseg_allocator *allocator) {
  return rt::guard([&] {
    ck_allocator copy{};
    if (allocator) copy = {allocator->allocate, allocator->release, allocator->state};
    if (!ck_set_allocator(allocator ? &copy : nullptr)) rt::fail(RTSEG_INVALID_ARGUMENT, "%s", ck_last_error());
    rt::set_has_allocator(allocator != nullptr);
  });
}

rtseg_status rtseg_program_open(const char *path, rtseg_program **program) {
  return rt::guard([&] {
    if (!program) rt::fail(RTSEG_INVALID_ARGUMENT, "there is no place for the program");
    *program = nullptr;
    if (!path) rt::fail(RTSEG_INVALID_ARGUMENT, "the path is missing");
    *program = new rtseg_program(std::make_shared<rt::Program>(path));
  });
}

rtseg_status rtseg_program_open_memory(const void *bytes, size_t size, rtseg_program **program) {
  return rt::guard([&] {
    if (!program) rt::fail(RTSEG_INVALID_ARGUMENT, "there is no place for the program");
    *program = nullptr;
    if (!bytes) rt::fail(RTSEG_INVALID_ARGUMENT, "the bytes of the program are missing");
    *program = new rtseg_program(std::make_shared<rt::Program>(bytes, size, nullptr));
  });
}

void rtseg_program_close(rtseg_program *program) { delete program; }

rtseg_status rtseg_describe(const rtseg_program *program, rtseg_description *description) {
  return rt::guard([&] {
    if (!program || !description) rt::fail(RTSEG_INVALID_ARGUMENT, "a description needs a program and a place");
    static const char *const precisions[] = {"float32", "bfloat16", "int8"};
    const rt::Program &found = *program->program;
    const rt::Description &own = found.description();
    *description = {};
    description->network = own.network.c_str();
    description->precision = precisions[size_t(own.precision)];
    description->checkpoint = own.checkpoint.c_str();
    description->producer = own.producer.c_str();
    description->class_count = found.class_count();
    description->size_count = int32_t(own.sizes.size());
    description->sizes = own.sizes.data();
    for (size_t i = 0; i < 3; ++i) description->mean[i] = own.mean[i], description->std[i] = own.std[i];
    description->operator_count = int32_t(found.plans()[0].instructions.size());
    description->weight_bytes = found.weight_bytes();
    description->agreement = own.agreement;
  });
}

rtseg_status rtseg_channels(const rtseg_program *program, int32_t *channels, const char **type) {
  return rt::guard([&] {
    if (!program) rt::fail(RTSEG_INVALID_ARGUMENT, "the program is missing");
    static const char *const types[] = {"uint8", "uint16", "float32"};
    const rt::Description &own = program->program->description();
    if (channels) *channels = own.channels;
    if (type) *type = types[size_t(own.type)];
  });
}

rtseg_status rtseg_channel(const rtseg_program *program, int32_t channel, double *mean, double *std) {
  return rt::guard([&] {
    if (!program) rt::fail(RTSEG_INVALID_ARGUMENT, "the program is missing");
    const rt::Description &own = program->program->description();
    if (channel < 0 || channel >= own.channels) {
      rt::fail(RTSEG_INVALID_ARGUMENT, "channel %d of %d", channel, own.channels);
    }
    auto index = size_t(channel);
    if (mean) *mean = own.is_rgb() ? own.mean[index] : own.channel_mean[index];
    if (std) *std = own.is_rgb() ? own.std[index] : own.channel_std[index];
  });
}

rtseg_status rtseg_class(const rtseg_program *program, int32_t index, const char **name, uint8_t color[3]) {
  return rt::guard([&] {
    if (!program) rt::fail(RTSEG_INVALID_ARGUMENT, "the program is missing");
    const rt::Program &found = *program->program;
    if (index < 0 || index >= found.class_count()) {
      rt::fail(RTSEG_INVALID_ARGUMENT, "class %d of %d", index, found.class_count());
    }
    const std::vector<rt::ClassInfo> &classes = found.description().classes;
    bool is_known = size_t(index) < classes.size();
    if (name) *name = is_known ? classes[size_t(index)].name.c_str() : "";
    for (size_t i = 0; color && i < 3; ++i) color[i] = is_known ? classes[size_t(index)].color[i] : 0;
  });
}

rtseg_status rtseg_context_create(rtseg_program *program, const rtseg_options *options, rtseg_context **context) {
  return rt::guard([&] {
    if (!context) rt::fail(RTSEG_INVALID_ARGUMENT, "there is no place for the context");
    *context = nullptr;
    if (!program) rt::fail(RTSEG_INVALID_ARGUMENT, "the program is missing");
    *context = new rtseg_context(*program, options ? *options : rtseg_options{});
  });
}

void rtseg_context_destroy(rtseg_context *context) { delete context; }

uint64_t rtseg_context_memory(const rtseg_context *context) { return context ? context->context.memory() : 0; }

rtseg_status rtseg_run(rtseg_context *context, const rtseg_image *image, const rtseg_result *results,
                       size_t result_count) {
  return rt::guard([&] {
    if (!context || !image) rt::fail(RTSEG_INVALID_ARGUMENT, "a run needs a context and an image");
    context->run(*image, results, result_count);
  });
}
