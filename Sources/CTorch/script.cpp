#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

#include <ostream>
#include <streambuf>

#include "guard.hpp"

using namespace ct;

struct ct_script_impl {
  torch::jit::Module module;
};

namespace {

/// A stream whose bytes go to a function.
class FunctionBuffer : public std::streambuf {
 public:
  FunctionBuffer(ct_archive_write_function write, void *context) : write_(write), context_(context) {}

 protected:
  std::streamsize xsputn(const char *bytes, std::streamsize count) override {
    return write_(context_, bytes, static_cast<size_t>(count)) ? count : 0;
  }
  int_type overflow(int_type byte) override {
    char value = traits_type::to_char_type(byte);
    return write_(context_, &value, 1) ? byte : traits_type::eof();
  }

 private:
  ct_archive_write_function write_;
  void *context_;
};

}  // namespace

bool ct_script_create(const char *name, ct_script *out) {
  return guard([&] {
    torch::jit::Module module(name);
    // Python's eval() and train() set it.
    module.register_attribute("training", c10::BoolType::get(), false);
    *out = new ct_script_impl{module};
  });
}
bool ct_script_add(ct_script script, const char *name, ct_tensor tensor, bool is_parameter) {
  return guard([&] {
    auto value = get(tensor).detach();
    if (is_parameter) {
      script->module.register_parameter(name, value, false);
    } else {
      script->module.register_buffer(name, value);
    }
  });
}
bool ct_script_define(ct_script script, const char *source) {
  return guard([&] { script->module.define(source); });
}
bool ct_script_save(ct_script script, const char *extra_name, const char *extra_text, ct_archive_write_function write,
                    void *context) {
  return guard([&] {
    FunctionBuffer buffer(write, context);
    std::ostream stream(&buffer);
    torch::jit::ExtraFilesMap extra;
    extra[extra_name] = extra_text;
    script->module.save(stream, extra);
    TORCH_CHECK(stream.good(), "the module could not be written");
  });
}
bool ct_script_load(const char *path, ct_script *out) {
  return guard([&] { *out = new ct_script_impl{torch::jit::load(path, at::Device(at::kCPU))}; });
}
bool ct_script_forward(ct_script script, ct_tensor input, ct_tensor *out) {
  return guard([&] { *out = wrap(script->module.forward({get(input)}).toTensor()); });
}
void ct_script_free(ct_script script) { delete script; }
