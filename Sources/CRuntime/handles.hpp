// The objects behind the handles of the two interfaces.
#pragma once

#include <memory>

#include "program.hpp"

struct rtseg_program {
  explicit rtseg_program(std::shared_ptr<rt::Program> program) : program(std::move(program)) {}

  std::shared_ptr<rt::Program> program;
};
