// Results as users ask for them, from the scores or the class map of a run.
#pragma once

#include "context.hpp"

namespace rt {

class ResultWriter {
 public:
  /// - Parameters:
  ///   - kinds: The kinds of results, as in rtseg_options.
  ///   - resizes: Whether results may have another size than the program's images.
  ResultWriter(const Context &context, uint32_t kinds, bool resizes);

  /// Refuses a result that cannot be written, before anything runs.
  void check(const rtseg_result &result, uint32_t kinds) const;
  /// Writes a result of the last run.
  void write(const Context &context, const rtseg_result &result);

 private:
  void write_classes(const Context &context, const rtseg_result &result);
  void write_scores(const Context &context, const ck_map &scores, const rtseg_result &result);
  void write_probability(const Context &context, const ck_map &scores, const rtseg_result &result);
  /// The scores as float32 if they must be resized.
  ck_map resizable(const Context &context, const rtseg_result &result);

  /// Scores in float32, if numbers have another type and results may be resized.
  Memory floats_;
  /// Some rows of scores, for probabilities.
  std::vector<float> band_;
};

}  // namespace rt
