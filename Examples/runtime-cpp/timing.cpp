// Runs a network on made-up camera frames (NV12) for some time, as a camera's program would, and prints how long one
// frame takes:
//
//     timing street.rtseg [SECONDS]
#include <rtseg.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <vector>

namespace {

struct Close {
  void operator()(rtseg_program *program) const { rtseg_program_close(program); }
  void operator()(rtseg_context *context) const { rtseg_context_destroy(context); }
};
using Program = std::unique_ptr<rtseg_program, Close>;
using Context = std::unique_ptr<rtseg_context, Close>;

void check(rtseg_status status) {
  if (status != RTSEG_OK) throw std::runtime_error(rtseg_error_message());
}

Program open(const char *path) {
  rtseg_program *program = nullptr;
  check(rtseg_program_open(path, &program));
  return Program(program);
}

Context make_context(const Program &program) {
  rtseg_context *context = nullptr;
  check(rtseg_context_create(program.get(), nullptr, &context));
  return Context(context);
}

void run(const char *path, double seconds) {
  Program program = open(path);
  rtseg_description description;
  check(rtseg_describe(program.get(), &description));
  Context context = make_context(program);
  const rtseg_size size = description.sizes[0];
  size_t pixels = size_t(size.height) * size_t(size.width);
  std::vector<uint8_t> frame(pixels * 3 / 2, 128), classes(pixels);
  rtseg_image image = {};
  image.format = RTSEG_NV12;
  image.height = size.height;
  image.width = size.width;
  image.data[0] = frame.data();
  image.data[1] = frame.data() + pixels;
  rtseg_result result = {};
  result.kind = RTSEG_CLASSES;
  result.height = size.height;
  result.width = size.width;
  result.data = classes.data();

  using Clock = std::chrono::steady_clock;
  int frames = 0;
  Clock::time_point start = Clock::now();
  std::chrono::duration<double> time(0);
  do {
    check(rtseg_run(context.get(), &image, &result, 1));
    ++frames;
    time = Clock::now() - start;
  } while (time.count() < seconds);
  std::printf("%s, %dx%d, %s: %d frames, %.3f ms each\n", description.network, size.height, size.width,
              rtseg_instruction_set(), frames, time.count() * 1000 / frames);
}

}  // namespace

int main(int count, char **arguments) {
  if (count < 2 || count > 3) {
    std::fprintf(stderr, "usage: timing PROGRAM.rtseg [SECONDS]\n");
    return 64;
  }
  try {
    run(arguments[1], count > 2 ? std::atof(arguments[2]) : 1);
    return 0;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "timing: %s\n", error.what());
    return 1;
  }
}
