#include "network.hpp"

#include <cstdio>

namespace {

void check(rtseg_status status) {
  if (status != RTSEG_OK) throw Failure(rtseg_error_message());
}

std::string text(rtseg_size size) { return std::to_string(size.height) + "x" + std::to_string(size.width); }

}  // namespace

Network::Network(const Options &options) : options_(options) {
  rtseg_program *program = nullptr;
  check(rtseg_program_open(options.program.c_str(), &program));
  program_.reset(program);
  check(rtseg_describe(program, &description_));
  if (options.size_index >= description_.size_count) {
    throw Failure("--size-index: the program has " + std::to_string(description_.size_count) +
                  " sizes, which are counted from 0");
  }
  palette_.resize(256 * 3);
  for (int32_t index = 0; index < description_.class_count && index < 256; ++index) {
    const char *name;
    check(rtseg_class(program, index, &name, palette_.data() + index * 3));
  }
}

std::string Network::info() const {
  const rtseg_description &d = description_;
  std::string sizes, classes;
  for (int32_t i = 0; i < d.size_count; ++i) sizes += (i ? ", " : "") + text(d.sizes[i]);
  for (int32_t i = 0; i < d.class_count; ++i) {
    const char *name;
    uint8_t color[3];
    check(rtseg_class(program_.get(), i, &name, color));
    char line[48];
    std::snprintf(line, sizeof line, "\n  %3d  #%02x%02x%02x  ", i, color[0], color[1], color[2]);
    classes += line + std::string(name);
  }
  char numbers[256];
  std::snprintf(numbers, sizeof numbers,
                "operators    %d\nweights      %.1f MB\nmean         %.4g %.4g %.4g\nstd          %.4g %.4g %.4g\n",
                d.operator_count, double(d.weight_bytes) / 1e6, d.mean[0], d.mean[1], d.mean[2], d.std[0], d.std[1],
                d.std[2]);
  int32_t channels;
  const char *type;
  check(rtseg_channels(program_.get(), &channels, &type));
  bool is_rgb = channels == 3 && std::string(type) == "uint8";
  std::string images = is_rgb ? "RGB" : std::to_string(channels) + " channels of " + type;
  return std::string("network      ") + d.network + "\nprecision    " + d.precision + "\nimages       " + images + "\nsizes        " + sizes + "\n" +
         numbers + "checkpoint   " + (*d.checkpoint ? d.checkpoint : "unknown") + "\nwritten by   " + d.producer +
         "\nclasses      " + std::to_string(d.class_count) + classes + "\n";
}

int32_t Network::size_index(rtseg_size size, const std::string &name) const {
  int32_t found = -1;
  for (int32_t i = 0; i < description_.size_count && found < 0; ++i) {
    if (description_.sizes[i].height == size.height && description_.sizes[i].width == size.width) found = i;
  }
  int32_t chosen = options_.size_index >= 0 ? options_.size_index : found;
  if (chosen >= 0 && chosen == found) return chosen;
  if (!options_.resizes_images) {
    std::string sizes;
    for (int32_t i = 0; i < description_.size_count; ++i) {
      sizes += (i ? ", " : "") + text(description_.sizes[i]);
    }
    throw Failure(name + ": its size is " + text(size) + ", and the program was compiled for " +
                  (options_.size_index >= 0 ? text(description_.sizes[chosen]) : sizes) +
                  ". With --resize, images are resized.");
  }
  if (uint64_t(size.height) * uint64_t(size.width) > uint64_t(1) << 28) {
    throw Failure(name + ": its size is " + text(size) + ", which is too large; expected at most 2^28 pixels");
  }
  return chosen >= 0 ? chosen : 0;
}

void Network::run(const ImageHeader &header, int32_t size_index, const uint8_t *pixels, void *result) {
  auto &context = contexts_[size_index];
  if (!context) {
    rtseg_options options = {};
    options.threads = options_.threads;
    options.size_index = size_index;
    options.kinds = 1u << options_.output;
    options.resizes_images = options_.resizes_images;
    if (options_.resizes_images) options.kinds |= 1u << RTSEG_SCORES;
    rtseg_context *made = nullptr;
    check(rtseg_context_create(program_.get(), &options, &made));
    context.reset(made);
  }
  rtseg_image image = {};
  image.format = header.format;
  image.height = header.size.height;
  image.width = header.size.width;
  image.data[0] = pixels;
  if (header.format == RTSEG_NV12) image.data[1] = pixels + int64_t(header.size.height) * header.size.width;
  rtseg_result wanted = {};
  wanted.kind = options_.output;
  wanted.height = header.size.height;
  wanted.width = header.size.width;
  wanted.data = result;
  check(rtseg_run(context.get(), &image, &wanted, 1));
}
