// The options of rtseg-run.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "rtseg.h"

/// The command line says something that cannot be. It ends the program with status 64.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A step failed. It ends the program with status 1.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Options {
  std::string program;
  /// The layout of raw frames; without it, the input is PPM and PGM images.
  std::optional<rtseg_format> raw;
  /// The size of raw frames.
  rtseg_size size = {0, 0};
  rtseg_kind output = RTSEG_CLASSES;
  bool has_color = false;
  bool resizes_images = false;
  int32_t threads = 0;
  /// Which of the program's sizes to use; -1: the one that the image has.
  int32_t size_index = -1;
  bool shows_info = false, shows_help = false, shows_version = false;

  static Options parse(int count, char **arguments);
};

extern const char *const kHelp;
