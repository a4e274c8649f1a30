// A program and the contexts that run it, for rtseg-run.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "images.hpp"

/// A program that is open, with a context for each of its sizes that was needed.
class Network {
 public:
  explicit Network(const Options &options);

  const rtseg_description &description() const { return description_; }
  /// Describes the program in lines for people.
  std::string info() const;
  /// The number of the program's size that serves images of a size. `name` is the image in errors.
  int32_t size_index(rtseg_size size, const std::string &name) const;
  /// Runs the network and writes its result for each pixel of the image.
  void run(const ImageHeader &header, int32_t size_index, const uint8_t *pixels, void *result);
  /// The colors of all classes, 3 bytes each, 256 classes.
  const std::vector<uint8_t> &palette() const { return palette_; }

 private:
  struct Close {
    void operator()(rtseg_program *program) const { rtseg_program_close(program); }
    void operator()(rtseg_context *context) const { rtseg_context_destroy(context); }
  };

  const Options &options_;
  std::unique_ptr<rtseg_program, Close> program_;
  std::map<int32_t, std::unique_ptr<rtseg_context, Close>> contexts_;
  rtseg_description description_ = {};
  std::vector<uint8_t> palette_;
};
