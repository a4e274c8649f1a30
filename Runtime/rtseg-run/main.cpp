// rtseg-run: images in, class maps out. It needs nothing but the runtime.
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "network.hpp"

namespace {

void write(const void *data, size_t bytes) {
  if (std::fwrite(data, 1, bytes, stdout) != bytes) {
    throw Failure(std::string("standard output cannot be written: ") + std::strerror(errno));
  }
}

void write(const std::string &text) { write(text.data(), text.size()); }

void flush() {
  if (std::fflush(stdout) != 0) throw Failure(std::string("standard output cannot be written: ") + std::strerror(errno));
}

/// Writes the result of one image, with a header if the input had one.
void write_result(const Options &options, const Network &network, rtseg_size size, const std::vector<uint8_t> &result,
                  std::vector<uint8_t> &bytes) {
  size_t pixels = size_t(size.height) * size_t(size.width);
  std::string header = std::to_string(size.width) + " " + std::to_string(size.height) + "\n255\n";
  bool has_header = !options.raw;
  if (options.output == RTSEG_CLASSES && options.has_color) {
    bytes.resize(pixels * 3);
    for (size_t i = 0; i < pixels; ++i) std::memcpy(&bytes[i * 3], &network.palette()[size_t(result[i]) * 3], 3);
    if (has_header) write("P6\n" + header);
    write(bytes.data(), bytes.size());
  } else if (options.output == RTSEG_CLASSES) {
    if (has_header) write("P5\n" + header);
    write(result.data(), pixels);
  } else if (options.output == RTSEG_PROBABILITY && has_header) {
    bytes.resize(pixels);
    for (size_t i = 0; i < pixels; ++i) {
      float probability;
      std::memcpy(&probability, &result[i * sizeof probability], sizeof probability);
      bytes[i] = uint8_t(std::lround(std::clamp(probability, 0.0f, 1.0f) * 255));
    }
    write("P5\n" + header);
    write(bytes.data(), bytes.size());
  } else {
    write(result.data(), result.size());
  }
  // The receiver may wait for this result before it sends the next image.
  flush();
}

void run_images(const Options &options, Network &network) {
  ImageReader reader(stdin);
  ImageHeader header;
  std::vector<uint8_t> pixels, result, bytes;
  if (options.raw) {
    header.format = *options.raw;
    header.size = options.size.height ? options.size : network.description().sizes[std::max(options.size_index, 0)];
    if (header.format == RTSEG_NV12 && (header.size.height % 2 || header.size.width % 2)) {
      throw Failure("--raw nv12: the height and width of frames must be even; give them by --size");
    }
  }
  while (options.raw ? reader.has_more() : reader.read_header(header)) {
    int32_t index = network.size_index(header.size, reader.name());
    reader.read_pixels(header, pixels);
    uint64_t each = options.output == RTSEG_CLASSES  ? 1
                    : options.output == RTSEG_SCORES ? uint64_t(network.description().class_count) * sizeof(float)
                                                     : sizeof(float);
    result.resize(uint64_t(header.size.height) * uint64_t(header.size.width) * each);
    network.run(header, index, pixels.data(), result.data());
    write_result(options, network, header.size, result, bytes);
  }
}

}  // namespace

int main(int count, char **arguments) {
  try {
    Options options = Options::parse(count, arguments);
    if (options.shows_help) {
      write(kHelp);
    } else if (options.shows_version) {
      write(std::string("rtseg-run ") + rtseg_version() + ", kernels for " + rtseg_instruction_set() + "\n");
    } else {
      Network network(options);
      if (options.shows_info) {
        write(network.info());
      } else {
        run_images(options, network);
      }
    }
    flush();
    return 0;
  } catch (const UsageError &error) {
    std::fprintf(stderr, "rtseg-run: %s\n", error.what());
    return 64;
  } catch (const std::bad_alloc &) {
    std::fprintf(stderr, "rtseg-run: the memory does not suffice\n");
    return 1;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "rtseg-run: %s\n", error.what());
    return 1;
  }
}
