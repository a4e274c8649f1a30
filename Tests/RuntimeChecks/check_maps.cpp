// Resizing, class maps and pooling against plain loops in double precision.
#include <algorithm>

#include "kernel_map.hpp"

namespace {

struct Position {
  int low, high;
  double part;
};

/// The two source rows (or columns) of a bilinearly resized one, as in torch.nn.functional.interpolate.
Position position(int index, int from, int to, bool align_corners) {
  double at = align_corners ? (to > 1 ? index * double(from - 1) / (to - 1) : 0)
                            : std::max(0.0, (index + 0.5) * from / to - 0.5);
  int low = std::min(int(at), from - 1);
  return {low, std::min(low + 1, from - 1), at - low};
}

Numbers resized(const Numbers &in, int height, int width, bool align_corners) {
  Numbers result(height, width, in.channels);
  result.fill([&](int y, int x, int c) {
    Position v = position(y, in.height, height, align_corners), h = position(x, in.width, width, align_corners);
    double top = in.at(v.low, h.low, c) * (1 - h.part) + in.at(v.low, h.high, c) * h.part;
    double bottom = in.at(v.high, h.low, c) * (1 - h.part) + in.at(v.high, h.high, c) * h.part;
    return top * (1 - v.part) + bottom * v.part;
  });
  return result;
}

struct Sizes {
  int from_height, from_width, height, width;
};

Sizes sizes(Draw &draw) {
  int height = draw.number(1, 12), width = draw.number(1, 12), factor = draw.number(2, 8);
  if (draw.flip()) return {height, width, height * factor, width * factor};
  return {height, width, draw.number(1, 40), draw.number(1, 60)};
}

void check_bilinear(Check &check) {
  Draw &draw = check.draw;
  Sizes s = sizes(draw);
  int channels = draw.number(1, 40);
  ck_type type = draw.one_of({CK_FLOAT32, CK_FLOAT32, CK_BFLOAT16, CK_UINT8});
  ck_resizing resizing = {};
  resizing.align_corners = draw.flip();
  KernelMap in = KernelMap::drawn(s.from_height, s.from_width, channels, type, draw);
  Numbers expected = resized(in.numbers(), s.height, s.width, resizing.align_corners);
  double tolerance = type == CK_FLOAT32 ? 5e-6 : 1.2e-2;
  KernelMap out(s.height, s.width, channels, type, check.gap());
  for (ck_rows rows : check.bands(s.height)) {
    check.succeeds(ck_resize(check.pool, &in.map, &out.map, &resizing, nullptr, rows));
  }
  check.expect(out, {1, 0}, expected, tolerance, "bilinear");
  if (type == CK_UINT8) return;
  std::vector<float> slopes = draw.values(size_t(channels));
  resizing.activation = drawn_activation(draw, slopes);
  resizing.op = draw.one_of({CK_ADD, CK_MULTIPLY});
  KernelMap operand = KernelMap::drawn(s.height, s.width, channels, type, draw);
  Numbers other = operand.numbers();
  expected.fill([&](int y, int x, int c) {
    double a = expected.at(y, x, c), b = other.at(y, x, c);
    return activate(resizing.activation, resizing.op == CK_ADD ? a + b : a * b, c);
  });
  KernelMap &target = draw.flip() ? operand : out;
  check.succeeds(ck_resize(check.pool, &in.map, &target.map, &resizing, &operand.map, {0, s.height}));
  check.expect(target, expected, tolerance, "bilinear with an operand");
}

void check_nearest(Check &check) {
  Draw &draw = check.draw;
  Sizes s = sizes(draw);
  ck_type type = draw.one_of({CK_FLOAT32, CK_BFLOAT16, CK_UINT8});
  KernelMap in = KernelMap::drawn(s.from_height, s.from_width, draw.number(1, 40), type, draw);
  KernelMap out(s.height, s.width, in.map.channels, type, check.gap());
  ck_resizing resizing = {};
  resizing.is_nearest = true;
  check.succeeds(ck_resize(check.pool, &in.map, &out.map, &resizing, nullptr, {0, s.height}));
  Numbers expected(s.height, s.width, in.map.channels);
  // PyTorch computes the positions in float32.
  auto source = [](int index, int from, int to) {
    return std::min(int(float(index) * (float(from) / float(to))), from - 1);
  };
  expected.fill([&](int y, int x, int c) {
    return in.at(source(y, s.from_height, s.height), source(x, s.from_width, s.width), c);
  });
  check.expect(out, expected, 0, "nearest");
}

void check_classes(Check &check) {
  Draw &draw = check.draw;
  Sizes s = sizes(draw);
  if (draw.number(0, 3) == 0) s.height = s.from_height, s.width = s.from_width;
  bool align_corners = draw.flip();
  ck_type type = draw.one_of({CK_FLOAT32, CK_BFLOAT16});
  KernelMap in = KernelMap::drawn(s.from_height, s.from_width, draw.one_of({1, 2, 19, 20, 35}), type, draw);
  Numbers scores = resized(in.numbers(), s.height, s.width, align_corners);
  KernelMap out(s.height, s.width, 1, CK_UINT8, check.gap());
  check.succeeds(ck_argmax(check.pool, &in.map, &out.map, align_corners));
  bool is_right = true;
  for (int y = 0; y < s.height; ++y) {
    for (int x = 0; x < s.width; ++x) {
      int found = int(out.at(y, x, 0));
      double best = -HUGE_VAL;
      for (int c = 0; c < scores.channels; ++c) best = std::max(best, scores.at(y, x, c));
      // Rounding may decide between scores that are this near.
      is_right = is_right && found < scores.channels && scores.at(y, x, found) >= best - 1e-5;
    }
  }
  check.expect(is_right, "a class has not the largest score");
  check.expect(out.has_gaps_as_before(), "something was written between the map's elements");
}

void check_windows(Check &check) {
  Draw &draw = check.draw;
  ck_window w = {};
  w.kernel_height = draw.number(1, 4), w.kernel_width = draw.number(1, 4);
  w.stride_height = draw.number(1, 3), w.stride_width = draw.number(1, 3);
  w.pad_top = w.pad_bottom = draw.number(0, w.kernel_height / 2);
  w.pad_left = w.pad_right = draw.number(0, w.kernel_width / 2);
  w.dilation_height = w.dilation_width = 1;
  w.count_include_pad = draw.flip();
  int height = draw.number(4, 15), width = draw.number(4, 15), channels = draw.number(1, 40);
  int out_height = (height + 2 * w.pad_top - w.kernel_height) / w.stride_height + 1;
  int out_width = (width + 2 * w.pad_left - w.kernel_width) / w.stride_width + 1;
  ck_type type = draw.one_of({CK_FLOAT32, CK_BFLOAT16, CK_UINT8});
  KernelMap in = KernelMap::drawn(height, width, channels, type, draw);
  KernelMap out(out_height, out_width, channels, type, check.gap());
  Numbers largest(out_height, out_width, channels), mean = largest;
  std::vector<int32_t> places(largest.values.size());
  for (int y = 0; y < out_height; ++y) {
    for (int x = 0; x < out_width; ++x) {
      int top = y * w.stride_height - w.pad_top, left = x * w.stride_width - w.pad_left;
      for (int c = 0; c < channels; ++c) {
        double best = -HUGE_VAL, total = 0;
        int count = 0, place = 0;
        for (int i = std::max(top, 0); i < std::min(top + w.kernel_height, height); ++i) {
          for (int j = std::max(left, 0); j < std::min(left + w.kernel_width, width); ++j) {
            total += in.at(i, j, c);
            ++count;
            if (in.at(i, j, c) > best) best = in.at(i, j, c), place = i * width + j;
          }
        }
        int whole = (std::min(top + w.kernel_height, height + w.pad_bottom) - top) *
                    (std::min(left + w.kernel_width, width + w.pad_right) - left);
        largest.at(y, x, c) = best;
        mean.at(y, x, c) = total / (w.count_include_pad ? whole : count);
        places[(size_t(y) * out_width + x) * channels + c] = place;
      }
    }
  }
  std::vector<int32_t> found(places.size(), -1);
  check.succeeds(ck_max_pool(check.pool, &in.map, &out.map, &w, found.data()));
  check.expect(out, largest, 0, "largest values");
  check.expect(found == places, "positions of the largest values");
  if (type != CK_UINT8) {
    KernelMap back(height, width, channels, type, check.gap());
    Numbers expected(height, width, channels);
    for (size_t i = 0; i < places.size(); ++i) {
      expected.values[size_t(places[i]) * channels + i % channels] = largest.values[i];
    }
    check.succeeds(ck_max_unpool(check.pool, &out.map, &back.map, found.data()));
    check.expect(back, expected, 0, "unpooling");
  }
  KernelMap bands(out_height, out_width, channels, type, check.gap());
  for (ck_rows rows : check.bands(out_height)) {
    w.rows = rows;
    check.succeeds(ck_max_pool(check.pool, &in.map, &bands.map, &w, nullptr));
  }
  check.expect(bands, largest, 0, "largest values in bands");
  for (ck_rows rows : check.bands(out_height)) {
    w.rows = rows;
    check.succeeds(ck_average_pool(check.pool, &in.map, &bands.map, &w));
  }
  // Padding that counts would not be a byte that stands for zero.
  if (type == CK_UINT8 && w.count_include_pad) return;
  check.expect(bands, {1, 0}, mean, type == CK_BFLOAT16 ? 5e-3 : 1e-6, "means");
}

void check_adaptive(Check &check) {
  Draw &draw = check.draw;
  KernelMap in = KernelMap::drawn(draw.number(1, 15), draw.number(1, 15), draw.number(1, 40), CK_FLOAT32, draw);
  int height = 1, width = 1, channels = in.map.channels;
  if (draw.flip()) height = draw.number(1, 8), width = draw.number(1, 8);
  Numbers mean(height, width, channels), largest = mean;
  auto first = [](int index, int from, int to) { return index * from / to; };
  auto end = [](int index, int from, int to) { return ((index + 1) * from + to - 1) / to; };
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) {
        double best = -HUGE_VAL, total = 0;
        int count = 0;
        for (int i = first(y, in.map.height, height); i < end(y, in.map.height, height); ++i) {
          for (int j = first(x, in.map.width, width); j < end(x, in.map.width, width); ++j) {
            best = std::max(best, in.at(i, j, c));
            total += in.at(i, j, c);
            ++count;
          }
        }
        mean.at(y, x, c) = total / count;
        largest.at(y, x, c) = best;
      }
    }
  }
  KernelMap out(height, width, channels, CK_FLOAT32, check.gap());
  check.succeeds(ck_adaptive_average_pool(check.pool, &in.map, &out.map));
  check.expect(out, mean, 1e-6, "adaptive means");
  check.succeeds(ck_adaptive_max_pool(check.pool, &in.map, &out.map));
  check.expect(out, largest, 0, "adaptive largest values");
}

}  // namespace

void check_resizing(Check &check) {
  for (int round = 0; round < 5; ++round) {
    check.name = "resizing";
    check_bilinear(check);
    check_nearest(check);
    check.name = "class map";
    check_classes(check);
  }
}

void check_pooling(Check &check) {
  check.name = "pooling";
  for (int round = 0; round < 5; ++round) {
    check_windows(check);
    check_adaptive(check);
  }
}
