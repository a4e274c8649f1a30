#include "results.hpp"

#include <algorithm>
#include <cstring>

namespace rt {
namespace {

/// The number of rows whose probabilities are computed together.
constexpr int32_t kBand = 16;

int64_t bytes_of(rtseg_kind kind, int32_t classes) {
  return kind == RTSEG_CLASSES ? 1 : kind == RTSEG_SCORES ? int64_t(classes) * 4 : 4;
}

/// The distance of rows in bytes.
int64_t stride_of(const rtseg_result &result, int32_t classes) {
  return result.stride ? result.stride : result.width * bytes_of(result.kind, classes);
}

bool has_size(const ck_map &map, const rtseg_result &result) {
  return map.height == result.height && map.width == result.width;
}

/// A map over a result.
ck_map map_of(const rtseg_result &result, int32_t classes) {
  bool is_quantized = result.kind == RTSEG_CLASSES;
  int32_t channels = result.kind == RTSEG_SCORES ? classes : 1;
  int64_t row = stride_of(result, classes) / (is_quantized ? 1 : 4);
  return {result.data, result.height, result.width, channels, is_quantized ? CK_UINT8 : CK_FLOAT32, row, channels};
}

}  // namespace

ResultWriter::ResultWriter(const Context &context, uint32_t kinds, bool resizes) {
  const ck_map *scores = context.output(RT_SCORES);
  if (scores && resizes && scores->type != CK_FLOAT32) {
    floats_ = Memory(size_t(scores->height) * size_t(scores->width) * size_t(scores->channels) * sizeof(float));
  }
  // Results of the program's size need no more memory later.
  context.plan_scratch([&] {
    for (rtseg_kind kind : {RTSEG_CLASSES, RTSEG_SCORES, RTSEG_PROBABILITY}) {
      rtseg_size size = context.plan().size;
      if (kinds >> kind & 1) write(context, {kind, size.height, size.width, context.output_data(), 0});
    }
  });
}

void ResultWriter::check(const rtseg_result &result, uint32_t kinds) const {
  if (result.kind < RTSEG_CLASSES || result.kind > RTSEG_PROBABILITY) {
    fail(RTSEG_INVALID_ARGUMENT, "a result's kind is %d, expected 0 to 2", int(result.kind));
  }
  static const char *const names[] = {"classes", "scores", "probabilities"};
  if (!(kinds >> result.kind & 1)) {
    fail(RTSEG_INVALID_ARGUMENT, "the context was made without %s; ask for them in its options", names[result.kind]);
  }
  if (!result.data) fail(RTSEG_INVALID_ARGUMENT, "a result has no memory");
}

void ResultWriter::write(const Context &context, const rtseg_result &result) {
  if (result.kind == RTSEG_CLASSES) return write_classes(context, result);
  ck_map scores = resizable(context, result);
  if (result.kind == RTSEG_SCORES) return write_scores(context, scores, result);
  write_probability(context, scores, result);
}

void ResultWriter::write_classes(const Context &context, const rtseg_result &result) {
  ck_map out = map_of(result, 1);
  const ck_map *classes = context.output(RT_CLASSES), *scores = context.output(RT_SCORES);
  bool done = classes && has_size(*classes, result) ? ck_copy(context.pool(), classes, &out)
                                                    : ck_argmax(context.pool(), scores, &out, false);
  if (!done) fail_kernel("classes");
}

ck_map ResultWriter::resizable(const Context &context, const rtseg_result &result) {
  ck_map scores = *context.output(RT_SCORES);
  if (has_size(scores, result) || scores.type == CK_FLOAT32) return scores;
  ck_map copy = {floats_.start(), scores.height, scores.width, scores.channels, CK_FLOAT32,
                 int64_t(scores.width) * scores.channels, scores.channels};
  if (!ck_copy(context.pool(), &scores, &copy)) fail_kernel("scores");
  return copy;
}

void ResultWriter::write_scores(const Context &context, const ck_map &scores, const rtseg_result &result) {
  ck_map out = map_of(result, scores.channels);
  ck_resizing resizing{};
  bool done = has_size(scores, result) ? ck_copy(context.pool(), &scores, &out)
                                       : ck_resize(context.pool(), &scores, &out, &resizing, nullptr, {0, out.height});
  if (!done) fail_kernel("scores");
}

void ResultWriter::write_probability(const Context &context, const ck_map &scores, const rtseg_result &result) {
  ck_map out = map_of(result, scores.channels);
  int64_t row = int64_t(result.width) * scores.channels;
  band_.resize(size_t(std::min(kBand, result.height)) * size_t(row));
  ck_resizing resizing{};
  for (int32_t begin = 0; begin < out.height; begin += kBand) {
    int32_t end = std::min(out.height, begin + kBand);
    ck_map band = {band_.data(), end - begin, out.width, scores.channels, CK_FLOAT32, row, scores.channels};
    ck_map lines = out;
    lines.data = static_cast<float *>(out.data) + begin * out.row;
    lines.height = band.height;
    bool done;
    if (has_size(scores, result)) {
      ck_map source = scores;
      int64_t size = scores.type == CK_FLOAT32 ? 4 : 2;
      source.data = static_cast<char *>(scores.data) + begin * scores.row * size;
      source.height = band.height;
      done = ck_copy(context.pool(), &source, &band);
    } else {
      // The band is a window of the whole map, whose first row lies before it in memory.
      ck_map whole = band;
      auto address = reinterpret_cast<uintptr_t>(band_.data()) - uintptr_t(begin * row) * sizeof(float);
      whole.data = reinterpret_cast<void *>(address);
      whole.height = out.height;
      done = ck_resize(context.pool(), &scores, &whole, &resizing, nullptr, {begin, end});
    }
    done = done && ck_softmax(context.pool(), &band, &band) &&
           ck_reduce_channels(context.pool(), &band, &lines, CK_LARGEST);
    if (!done) fail_kernel("probabilities");
  }
}

}  // namespace rt
