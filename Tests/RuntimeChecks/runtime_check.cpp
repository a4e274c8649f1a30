// runtime-check: checks librtseg through its C interface, with the network "colors" that program_file.py writes. The
// expected numbers come from the network's formula in double precision.
//
// usage: runtime-check COLORS.rtseg
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "rtseg.h"

namespace {

int failures = 0;

void expect(bool condition, const std::string &what) {
  if (condition) return;
  ++failures;
  std::printf("failed: %s\n", what.c_str());
}

void succeeds(rtseg_status status, const std::string &what) {
  expect(status == RTSEG_OK, status == RTSEG_OK ? what : what + ": " + rtseg_error_message());
}

/// The call was refused with this status and one line.
void refused(rtseg_status found, rtseg_status expected, const std::string &what) {
  expect(found == expected, what + ": expected the status " + std::to_string(expected) + ", found " +
                                std::to_string(found));
  if (found == RTSEG_OK) return;
  std::string message = rtseg_error_message();
  expect(!message.empty() && message.find('\n') == std::string::npos, what + ": the message '" + message + "'");
}

struct Image {
  int height, width;
  std::vector<uint8_t> rgb;

  Image(int height, int width, uint32_t seed) : height(height), width(width), rgb(size_t(height) * width * 3) {
    for (uint8_t &each : rgb) each = uint8_t((seed = seed * 1664525 + 1013904223) >> 24);
  }
  const uint8_t *at(int y, int x) const { return &rgb[(size_t(y) * width + x) * 3]; }
};

/// The network's scores: a constant for gray, and each color less half of the others.
std::vector<double> scores(const double *rgb) {
  double sum = (rgb[0] + rgb[1] + rgb[2]) / 255;
  return {0.02, 1.5 * rgb[0] / 255 - sum / 2, 1.5 * rgb[1] / 255 - sum / 2, 1.5 * rgb[2] / 255 - sum / 2};
}

/// Runs and compares everything that a context of a size can give.
void check_results(rtseg_program *program, rtseg_context *context, const Image &image, rtseg_format format) {
  int height = image.height, width = image.width, gap = 5;
  int64_t stride = int64_t(width) * (format == RTSEG_RGB || format == RTSEG_BGR ? 3 : 1) + gap;
  std::vector<uint8_t> pixels(size_t(stride) * height, 0xff), chroma(size_t(width + gap) * (height / 2), 0xff);
  std::vector<double> seen(image.rgb.size());
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const uint8_t *from = image.at(y, x);
      double *to = &seen[(size_t(y) * width + x) * 3];
      uint8_t *pixel = &pixels[size_t(y) * stride];
      switch (format) {
        case RTSEG_CHANNELS_UINT8:
        case RTSEG_CHANNELS_UINT16:
        case RTSEG_CHANNELS_FLOAT32: std::abort();  // the network takes images in color
        case RTSEG_RGB:
        case RTSEG_BGR:
          for (int c = 0; c < 3; ++c) {
            pixel[x * 3 + (format == RTSEG_RGB ? c : 2 - c)] = from[c];
            to[c] = from[c];
          }
          break;
        case RTSEG_GRAY:
          pixel[x] = from[0];
          to[0] = to[1] = to[2] = from[0];
          break;
        case RTSEG_NV12:
          // One color, so that it does not matter how its differences are brought to the size of the luma.
          pixel[x] = uint8_t(16 + from[0] % 220);
          chroma[size_t(y / 2) * (width + gap) + x] = x % 2 ? 200 : 90;
          double luma = 1.164383 * (pixel[x] - 16), blue = 90 - 128, red = 200 - 128;
          to[0] = std::clamp(luma + 1.596027 * red, 0.0, 255.0);
          to[1] = std::clamp(luma - 0.391762 * blue - 0.812968 * red, 0.0, 255.0);
          to[2] = std::clamp(luma + 2.017232 * blue, 0.0, 255.0);
          break;
      }
    }
  }
  rtseg_image input = {};
  input.format = format;
  input.height = height, input.width = width;
  input.data[0] = pixels.data(), input.data[1] = format == RTSEG_NV12 ? chroma.data() : nullptr;
  input.stride[0] = stride, input.stride[1] = width + gap;
  rtseg_description description;
  succeeds(rtseg_describe(program, &description), "describe");
  size_t classes_stride = size_t(width) + 3, probability_stride = (size_t(width) + 2) * 4,
         scores_stride = size_t(width) * 16 + 8;
  std::vector<uint8_t> classes(classes_stride * height, 0xee), probability(probability_stride * height),
      found(scores_stride * height);
  rtseg_result results[3] = {
      {RTSEG_CLASSES, height, width, classes.data(), int64_t(classes_stride)},
      {RTSEG_SCORES, height, width, found.data(), int64_t(scores_stride)},
      {RTSEG_PROBABILITY, height, width, probability.data(), int64_t(probability_stride)},
  };
  succeeds(rtseg_run(context, &input, results, 3), "run");
  double tolerance = format == RTSEG_NV12 ? 2.5 / 255 : 1e-5;
  bool right_classes = true, right_scores = true, right_probability = true, right_gaps = true;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      std::vector<double> expected = scores(&seen[(size_t(y) * width + x) * 3]);
      double best = *std::max_element(expected.begin(), expected.end()), total = 0;
      for (double each : expected) total += std::exp(each - best);
      int index = classes[size_t(y) * classes_stride + x];
      right_classes = right_classes && index < 4 && expected[size_t(index)] >= best - tolerance;
      float value;
      std::memcpy(&value, &probability[size_t(y) * probability_stride + size_t(x) * 4], 4);
      right_probability = right_probability && std::fabs(double(value) - 1 / total) <= tolerance;
      for (int c = 0; c < 4; ++c) {
        std::memcpy(&value, &found[size_t(y) * scores_stride + size_t(x) * 16 + size_t(c) * 4], 4);
        right_scores = right_scores && std::fabs(double(value) - expected[size_t(c)]) <= tolerance;
      }
    }
    for (size_t x = size_t(width); x < classes_stride; ++x) {
      right_gaps = right_gaps && classes[size_t(y) * classes_stride + x] == 0xee;
    }
  }
  std::string name = "format " + std::to_string(format) + ", " + std::to_string(height) + "x" + std::to_string(width);
  expect(right_classes, name + ": classes");
  expect(right_scores, name + ": scores");
  expect(right_probability, name + ": probability");
  expect(right_gaps, name + ": something was written between the rows of classes");
}

constexpr uint32_t kAllKinds = 1 << RTSEG_CLASSES | 1 << RTSEG_SCORES | 1 << RTSEG_PROBABILITY;

rtseg_options options(int32_t threads, int32_t size_index, uint32_t kinds, int32_t resizes) {
  return {threads, size_index, kinds, resizes, 0};
}

void check_formats(rtseg_program *program) {
  rtseg_description d;
  succeeds(rtseg_describe(program, &d), "describe");
  expect(std::string(d.network) == "colors" && std::string(d.precision) == "float32" && d.class_count == 4 &&
             d.size_count == 2 && d.sizes[1].height == 16,
         "the description");
  const char *name;
  uint8_t color[3];
  succeeds(rtseg_class(program, 2, &name, color), "class");
  expect(std::string(name) == "green" && color[1] == 255 && color[0] == 0, "the name and color of a class");
  for (int32_t index = 0; index < d.size_count; ++index) {
    for (int32_t threads : {1, 3}) {
      rtseg_options wanted = options(threads, index, kAllKinds, 0);
      rtseg_context *context;
      succeeds(rtseg_context_create(program, &wanted, &context), "context");
      if (!context) continue;
      expect(rtseg_context_memory(context) > 0, "the memory of a context");
      for (rtseg_format format : {RTSEG_RGB, RTSEG_BGR, RTSEG_GRAY, RTSEG_NV12}) {
        check_results(program, context, Image(d.sizes[index].height, d.sizes[index].width, uint32_t(threads)), format);
      }
      rtseg_context_destroy(context);
    }
  }
}

void check_refusals(rtseg_program *program, const char *path) {
  rtseg_program *none = program;
  refused(rtseg_program_open("/nowhere.rtseg", &none), RTSEG_FILE_ERROR, "a file that is not there");
  expect(none == nullptr, "a failing call leaves a program");
  refused(rtseg_program_open(nullptr, &none), RTSEG_INVALID_ARGUMENT, "no path");
  refused(rtseg_program_open(path, nullptr), RTSEG_INVALID_ARGUMENT, "no place for the program");
  refused(rtseg_program_open_memory(nullptr, 10, &none), RTSEG_INVALID_ARGUMENT, "no bytes");
  refused(rtseg_describe(program, nullptr), RTSEG_INVALID_ARGUMENT, "no place for the description");
  const char *name;
  uint8_t color[3];
  for (int32_t index : {-1, 4}) {
    refused(rtseg_class(program, index, &name, color), RTSEG_INVALID_ARGUMENT, "a class that is not there");
  }
  rtseg_context *context = nullptr;
  for (rtseg_options wrong : {options(-1, 0, 0, 0), options(257, 0, 0, 0), options(1, -1, 0, 0), options(1, 2, 0, 0),
                              options(1, 0, 8, 0)}) {
    refused(rtseg_context_create(program, &wrong, &context), RTSEG_INVALID_ARGUMENT, "wrong options");
    expect(context == nullptr, "a failing call leaves a context");
  }
  succeeds(rtseg_context_create(program, nullptr, &context), "a context without options");
  std::vector<uint8_t> pixels(64 * 64 * 3), classes(64 * 64);
  auto run = [&](rtseg_image image, rtseg_result result, const char *what) {
    refused(rtseg_run(context, &image, &result, 1), RTSEG_INVALID_ARGUMENT, what);
  };
  rtseg_image image = {RTSEG_RGB, 8, 12, {pixels.data(), nullptr}, {0, 0}};
  rtseg_result result = {RTSEG_CLASSES, 8, 12, classes.data(), 0};
  rtseg_image i = image;
  rtseg_result r = result;
  i.height = 9, run(i, r, "an image of another size"), i = image;
  i.data[0] = nullptr, run(i, r, "an image without pixels"), i = image;
  i.stride[0] = 35, run(i, r, "rows that overlap"), i = image;
  i.stride[0] = -36, run(i, r, "rows backwards"), i = image;
  i.format = rtseg_format(9), run(i, r, "an unknown format"), i = image;
  i.format = RTSEG_CHANNELS_UINT16, run(i, r, "channels that are not red, green and blue"), i = image;
  i.format = RTSEG_NV12, run(i, r, "NV12 without its second plane"), i = image;
  r.data = nullptr, run(i, r, "a result without memory"), r = result;
  r.width = 13, run(i, r, "a result of another size"), r = result;
  r.stride = 11, run(i, r, "rows of the result that overlap"), r = result;
  r.kind = RTSEG_SCORES, run(i, r, "a kind that the context was not made for"), r = result;
  r.kind = rtseg_kind(7), run(i, r, "an unknown kind"), r = result;
  refused(rtseg_run(context, nullptr, &result, 1), RTSEG_INVALID_ARGUMENT, "no image");
  refused(rtseg_run(context, &image, nullptr, 1), RTSEG_INVALID_ARGUMENT, "no results");
  refused(rtseg_run(nullptr, &image, &result, 1), RTSEG_INVALID_ARGUMENT, "no context");
  succeeds(rtseg_run(context, &image, &result, 1), "a run after refusals");
  uint64_t bytes = rtseg_context_memory(context);
  rtseg_context_destroy(context);
  rtseg_options limited = options(1, 0, 0, 0);
  limited.memory_limit = bytes / 2;
  refused(rtseg_context_create(program, &limited, &context), RTSEG_OUT_OF_MEMORY, "less memory than the maps need");
  limited.memory_limit = bytes;
  succeeds(rtseg_context_create(program, &limited, &context), "as much memory as the maps need");
  rtseg_context_destroy(context);
  rtseg_context_destroy(nullptr);
  rtseg_program_close(nullptr);
}

void check_resizing(rtseg_program *program) {
  rtseg_options wanted = options(2, 0, kAllKinds, 1);
  rtseg_context *context;
  succeeds(rtseg_context_create(program, &wanted, &context), "a context that resizes");
  if (!context) return;
  // An image that is red on the left and blue on the right has these classes at any size, but near the edge.
  int height = 37, width = 50;
  std::vector<uint8_t> pixels(size_t(height) * width * 3), classes(pixels.size() / 3);
  for (size_t i = 0; i < classes.size(); ++i) pixels[i * 3 + (i % size_t(width) < 25 ? 0 : 2)] = 250;
  rtseg_image image = {RTSEG_RGB, height, width, {pixels.data(), nullptr}, {0, 0}};
  auto is_right = [&](int h, int w) {
    for (int y = 0; y < h; ++y) {
      for (int x = 0; x < w; ++x) {
        int expected = x * 10 < w * 4 ? 1 : x * 10 > w * 6 ? 3 : -1;
        if (expected >= 0 && classes[size_t(y) * w + x] != expected) return false;
      }
    }
    return true;
  };
  rtseg_result result = {RTSEG_CLASSES, height, width, classes.data(), 0};
  succeeds(rtseg_run(context, &image, &result, 1), "an image of another size");
  expect(is_right(height, width), "the classes of an image of another size");
  result.height = 8, result.width = 12;
  succeeds(rtseg_run(context, &image, &result, 1), "a result of the program's size");
  expect(is_right(8, 12), "classes of the program's size");
  rtseg_context_destroy(context);
}

void check_threads(rtseg_program *program) {
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&, number] {
      rtseg_options wanted = options(1 + number % 2, number % 2, kAllKinds, 0);
      rtseg_size size = number % 2 ? rtseg_size{16, 16} : rtseg_size{8, 12};
      rtseg_context *context;
      if (rtseg_context_create(program, &wanted, &context) != RTSEG_OK) {
        ++wrong;
        return;
      }
      for (int round = 0; round < 100; ++round) {
        Image image(size.height, size.width, uint32_t(round * 4 + number));
        std::vector<uint8_t> classes(image.rgb.size() / 3);
        rtseg_image input = {RTSEG_RGB, size.height, size.width, {image.rgb.data(), nullptr}, {0, 0}};
        rtseg_result result = {RTSEG_CLASSES, size.height, size.width, classes.data(), 0};
        if (rtseg_run(context, &input, &result, 1) != RTSEG_OK) ++wrong;
        for (size_t i = 0; i < classes.size(); ++i) {
          double rgb[3] = {double(image.rgb[i * 3]), double(image.rgb[i * 3 + 1]), double(image.rgb[i * 3 + 2])};
          std::vector<double> expected = scores(rgb);
          if (expected[classes[i] & 3] < *std::max_element(expected.begin(), expected.end()) - 1e-5) ++wrong;
        }
        // Each thread has its own text.
        if (rtseg_run(context, nullptr, &result, 1) != RTSEG_INVALID_ARGUMENT) ++wrong;
      }
      rtseg_context_destroy(context);
    });
  }
  for (std::thread &thread : threads) thread.join();
  expect(wrong == 0, "several threads: " + std::to_string(wrong) + " results are wrong");
}

/// Fails one allocation, and counts what is taken.
struct Allocations {
  std::atomic<int64_t> bytes = 0;
  std::atomic<int> count = 0;
  int failing = -1;

  static void *allocate(void *state, size_t alignment, size_t bytes) {
    auto *self = static_cast<Allocations *>(state);
    if (self->count++ == self->failing) return nullptr;
    size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    void *memory = std::aligned_alloc(alignment, rounded);
    if (memory) self->bytes += int64_t(bytes);
    return memory;
  }
  static void release(void *state, void *memory, size_t bytes) {
    static_cast<Allocations *>(state)->bytes -= int64_t(bytes);
    std::free(memory);
  }
};

/// All of it fails with a status if one allocation fails, whichever it is, and nothing is lost.
void check_allocations(const char *path) {
  int total = 1;
  for (int failing = -1; failing < total && failing < 200; ++failing) {
    Allocations allocations;
    allocations.failing = failing;
    rtseg_allocator allocator = {Allocations::allocate, Allocations::release, &allocations};
    succeeds(rtseg_set_allocator(&allocator), "set an allocator");
    rtseg_program *program = nullptr;
    rtseg_context *context = nullptr;
    rtseg_options wanted = options(2, 1, kAllKinds, 1);
    rtseg_status status = rtseg_program_open(path, &program);
    if (status == RTSEG_OK) status = rtseg_context_create(program, &wanted, &context);
    if (status == RTSEG_OK) {
      Image image(20, 24, 1);
      std::vector<uint8_t> classes(20 * 24);
      rtseg_image input = {RTSEG_RGB, 20, 24, {image.rgb.data(), nullptr}, {0, 0}};
      rtseg_result result = {RTSEG_CLASSES, 20, 24, classes.data(), 0};
      status = rtseg_run(context, &input, &result, 1);
      // The context serves the next image.
      if (status != RTSEG_OK) succeeds(rtseg_run(context, &input, &result, 1), "a run after one that lacked memory");
    }
    rtseg_context_destroy(context);
    rtseg_program_close(program);
    std::string name = "allocation " + std::to_string(failing) + " of " + std::to_string(total) + " fails";
    if (failing < 0) {
      succeeds(status, "with an allocator");
      total = allocations.count;
      expect(total > 0, "the allocator is used");
    } else if (allocations.count > failing) {
      refused(status, RTSEG_OUT_OF_MEMORY, name);
    }
    expect(allocations.bytes == 0, name + ": " + std::to_string(allocations.bytes) + " bytes are lost");
  }
  succeeds(rtseg_set_allocator(nullptr), "set the system's allocator");
}

/// Files that were cut or changed are refused or, if the change does not matter, still give a program.
void check_damage(const std::vector<uint8_t> &file) {
  rtseg_program *program;
  for (size_t size = 1; size < file.size(); size += size < 256 ? 1 : 97) {
    std::vector<uint8_t> part(file.begin(), file.begin() + long(size));
    refused(rtseg_program_open_memory(part.data(), part.size(), &program), RTSEG_FORMAT_ERROR,
            "the first " + std::to_string(size) + " bytes");
  }
  for (size_t place = 0; place < std::min<size_t>(file.size(), 900); ++place) {
    std::vector<uint8_t> changed = file;
    changed[place] ^= 0x41;
    rtseg_status status = rtseg_program_open_memory(changed.data(), changed.size(), &program);
    expect(status == RTSEG_OK || status == RTSEG_FORMAT_ERROR || status == RTSEG_NEWER_VERSION,
           "a change of byte " + std::to_string(place) + ": status " + std::to_string(status));
    rtseg_program_close(program);
  }
}

/// A file that somebody shortens after it was opened is refused, without a signal.
void check_shortened(const std::vector<uint8_t> &file, const std::string &path) {
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char *>(file.data()), std::streamsize(file.size()));
  rtseg_program *program = nullptr;
  succeeds(rtseg_program_open(path.c_str(), &program), "open a copy");
  std::filesystem::resize_file(path, 100);
  rtseg_context *context = nullptr;
  if (program) {
    refused(rtseg_context_create(program, nullptr, &context), RTSEG_FILE_ERROR, "weights of a shortened file");
  }
  rtseg_program_close(program);
  std::filesystem::remove(path);
}

}  // namespace

int main(int count, char **arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: runtime-check COLORS.rtseg\n");
    return 64;
  }
  std::ifstream stream(arguments[1], std::ios::binary);
  std::vector<uint8_t> file{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  check_allocations(arguments[1]);
  check_shortened(file, std::string(arguments[1]) + ".cut");
  rtseg_program *program = nullptr;
  succeeds(rtseg_program_open(arguments[1], &program), "open a file");
  if (program) {
    check_formats(program);
    check_refusals(program, arguments[1]);
    check_resizing(program);
    check_threads(program);
    rtseg_program_close(program);
  }
  succeeds(rtseg_program_open_memory(file.data(), file.size(), &program), "open bytes");
  if (program) check_formats(program);
  rtseg_program_close(program);
  check_damage(file);
  std::printf("%s: the runtime with %s, %d failures\n", failures ? "failed" : "passed", rtseg_instruction_set(),
              failures);
  return failures != 0;
}
