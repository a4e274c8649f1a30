#include "options.hpp"

#include <charconv>
#include <string_view>
#include <vector>

const char *const kHelp =
    R"(usage: rtseg-run PROGRAM.rtseg [options] < images > results

Runs a network that `rtseg compile` saved on images from standard input, and writes one result for each of them to
standard output. Images are binary PPM (color) or PGM (gray) files of 8 bits, one after the other.

  --output KIND        what to write for each pixel:
                         classes      the best class: a PGM file (the default)
                         probability  how probable the best class is: a PGM file in which 255 stands for 1
                         scores       the scores of all classes: float32, little-endian, [height][width][classes]
  --color              write classes in the program's colors, as PPM files
  --raw LAYOUT         read frames without headers: rgb, bgr, gray or nv12. Results have no headers either: bytes for
                       classes and colors, float32 for probabilities and scores.
  --size HEIGHTxWIDTH  the size of raw frames (without it, the program's first size)
  --resize             accept images of sizes that the program was not compiled for. They are resized for the network,
                       and its scores are resized to the image.
  --size-index N       use the program's size number N, counted from 0, for all images (without it, each image's own
                       size, and the first one for images that are resized)
  --threads N          the number of threads (without it, one per core)
  --info               print what the program is, and end
  --version            print the version and the instruction set, and end
  --help               print this text, and end

Status: 0 if all images were processed, 1 after an error, 64 for wrong options.
)";

namespace {

/// Parses a whole number from `least` to `most`.
int32_t number(const std::string &option, std::string_view text, int32_t least, int32_t most) {
  int32_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    throw UsageError(option + ": expected a number from " + std::to_string(least) + " to " + std::to_string(most) +
                     ", found '" + std::string(text) + "'");
  }
  return value;
}

rtseg_size size(const std::string &option, std::string_view text) {
  size_t cross = text.find('x');
  if (cross == std::string_view::npos) {
    throw UsageError(option + ": expected HEIGHTxWIDTH, such as 512x1024, found '" + std::string(text) + "'");
  }
  return {number(option, text.substr(0, cross), 1, 65536), number(option, text.substr(cross + 1), 1, 65536)};
}

template <typename Value>
Value choice(const std::string &option, const std::string &text,
             const std::vector<std::pair<const char *, Value>> &choices) {
  std::string names;
  for (const auto &[name, value] : choices) {
    if (text == name) return value;
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  throw UsageError(option + ": expected one of " + names + "; found '" + text + "'");
}

}  // namespace

Options Options::parse(int count, char **arguments) {
  Options options;
  std::vector<std::string> files;
  for (int i = 1; i < count; ++i) {
    std::string option = arguments[i];
    auto value = [&]() -> std::string {
      if (i + 1 >= count) throw UsageError(option + ": a value is missing");
      return arguments[++i];
    };
    if (option == "--output") {
      options.output = choice<rtseg_kind>(
          option, value(),
          {{"classes", RTSEG_CLASSES}, {"probability", RTSEG_PROBABILITY}, {"scores", RTSEG_SCORES}});
    } else if (option == "--raw") {
      options.raw = choice<rtseg_format>(
          option, value(), {{"rgb", RTSEG_RGB}, {"bgr", RTSEG_BGR}, {"gray", RTSEG_GRAY}, {"nv12", RTSEG_NV12}});
    } else if (option == "--size") {
      options.size = ::size(option, value());
    } else if (option == "--threads") {
      options.threads = number(option, value(), 1, 256);
    } else if (option == "--size-index") {
      options.size_index = number(option, value(), 0, 65535);
    } else if (option == "--color") {
      options.has_color = true;
    } else if (option == "--resize") {
      options.resizes_images = true;
    } else if (option == "--info") {
      options.shows_info = true;
    } else if (option == "--version") {
      options.shows_version = true;
    } else if (option == "--help" || option == "-h") {
      options.shows_help = true;
    } else if (option.size() > 1 && option[0] == '-') {
      throw UsageError("there is no option " + option + "; `rtseg-run --help` lists the options");
    } else {
      files.push_back(option);
    }
  }
  if (options.shows_help || options.shows_version) return options;
  if (files.empty()) throw UsageError("the program is missing: rtseg-run PROGRAM.rtseg < images > results");
  if (files.size() > 1) throw UsageError("expected one program, found '" + files[0] + "' and '" + files[1] + "'");
  if (options.has_color && options.output != RTSEG_CLASSES) throw UsageError("--color: only classes have colors");
  if (options.size.height && !options.raw) throw UsageError("--size: only raw frames (--raw) need a size");
  if (options.raw == RTSEG_NV12 && (options.size.height % 2 || options.size.width % 2)) {
    throw UsageError("--size: the height and width of nv12 frames must be even");
  }
  options.program = files[0];
  return options;
}
