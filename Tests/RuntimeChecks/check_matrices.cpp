// Products of matrices, normalization, rearrangement and filling against plain loops in double precision.
#include <algorithm>

#include "kernel_map.hpp"

namespace {

/// Rows of matrices as a map of one pixel per row, whose channels are the columns.
KernelMap drawn_matrices(Check &check, int batch, int rows, int columns, ck_type type, bool is_filled) {
  int gap = check.gap();
  KernelMap wide(batch * rows, 1, columns, type, gap);
  if (is_filled) {
    for (int y = 0; y < batch * rows; ++y) {
      for (int c = 0; c < columns; ++c) wide.set(y, 0, c, double(check.draw.value()));
    }
  }
  return wide;
}

ck_matrices matrices_in(const KernelMap &map, int batch) {
  int rows = map.map.height / batch;
  return {map.map.data, batch, rows, map.map.channels, map.map.type, map.map.row * rows, map.map.row};
}

void check_products(Check &check, ck_type type) {
  Draw &draw = check.draw;
  int batch = draw.number(1, 3), rows = draw.number(1, 40), inner = draw.number(1, 70), columns = draw.number(1, 50);
  int a_batch = draw.flip() ? batch : 1, b_batch = draw.flip() ? batch : 1;
  bool a_is_transposed = draw.flip(), b_is_transposed = draw.flip();
  KernelMap a = a_is_transposed ? drawn_matrices(check, a_batch, inner, rows, type, true)
                                : drawn_matrices(check, a_batch, rows, inner, type, true);
  KernelMap b = b_is_transposed ? drawn_matrices(check, b_batch, columns, inner, type, true)
                                : drawn_matrices(check, b_batch, inner, columns, type, true);
  KernelMap out = drawn_matrices(check, batch, rows, columns, type, false);
  Numbers expected(batch * rows, 1, columns);
  expected.fill([&](int y, int, int c) {
    int number = y / rows, row = y % rows, of_a = a_batch == 1 ? 0 : number, of_b = b_batch == 1 ? 0 : number;
    double total = 0;
    for (int k = 0; k < inner; ++k) {
      double left = a_is_transposed ? a.at(of_a * inner + k, 0, row) : a.at(of_a * rows + row, 0, k);
      double right = b_is_transposed ? b.at(of_b * columns + c, 0, k) : b.at(of_b * inner + k, 0, c);
      total += left * right;
    }
    return total;
  });
  ck_matrices left = matrices_in(a, a_batch), right = matrices_in(b, b_batch), result = matrices_in(out, batch);
  check.succeeds(ck_matmul(check.pool, &left, a_is_transposed, &right, b_is_transposed, &result));
  check.expect(out, expected, type == CK_FLOAT32 ? 1e-5 : 2e-2, "matrix product");
}

void check_normalization(Check &check, ck_type type) {
  Draw &draw = check.draw;
  int groups = draw.number(0, 4), height = draw.number(1, 9), width = draw.number(1, 20);
  int channels = std::max(groups, 1) * draw.number(1, 30);
  KernelMap in = KernelMap::drawn(height, width, channels, type, draw, 2);
  std::vector<float> scale = draw.values(size_t(channels)), shift = draw.values(size_t(channels));
  bool has_scale = draw.flip(), has_shift = draw.flip();
  double epsilon = 1e-3;
  Numbers expected(height, width, channels);
  auto normalized = [&](int y0, int y1, int x0, int x1, int c0, int c1) {
    double sum = 0, squares = 0, count = double(y1 - y0) * (x1 - x0) * (c1 - c0);
    auto each = [&](auto body) {
      for (int y = y0; y < y1; ++y) {
        for (int x = x0; x < x1; ++x) {
          for (int c = c0; c < c1; ++c) body(y, x, c);
        }
      }
    };
    each([&](int y, int x, int c) { sum += in.at(y, x, c); });
    each([&](int y, int x, int c) { squares += std::pow(in.at(y, x, c) - sum / count, 2); });
    each([&](int y, int x, int c) {
      double value = (in.at(y, x, c) - sum / count) / std::sqrt(squares / count + epsilon);
      expected.at(y, x, c) = value * (has_scale ? double(scale[size_t(c)]) : 1) + (has_shift ? double(shift[size_t(c)]) : 0);
    });
  };
  if (groups == 0) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) normalized(y, y + 1, x, x + 1, 0, channels);
    }
  }
  for (int g = 0; g < groups; ++g) {
    normalized(0, height, 0, width, g * (channels / groups), (g + 1) * (channels / groups));
  }
  KernelMap out(height, width, channels, type, check.gap());
  check.succeeds(ck_normalize(check.pool, &in.map, &out.map, groups, float(epsilon), has_scale ? scale.data() : nullptr,
                              has_shift ? shift.data() : nullptr));
  check.expect(out, expected, type == CK_FLOAT32 ? 2e-5 : 2e-2, "normalization in " + std::to_string(groups) + " groups");
}

void check_rearrangement(Check &check) {
  Draw &draw = check.draw;
  ck_type type = draw.one_of({CK_FLOAT32, CK_BFLOAT16, CK_UINT8});
  // A map's rows, pixels and channels in another order, with one of them repeated or not.
  KernelMap in = KernelMap::drawn(draw.number(1, 12), draw.number(1, 20), draw.number(1, 30), type, draw);
  int32_t sizes[3] = {in.map.height, in.map.width, in.map.channels};
  int64_t strides[3] = {in.map.row, in.map.pixel, 1};
  int order[3] = {0, 1, 2};
  for (int k = 2; k > 0; --k) std::swap(order[k], order[draw.number(0, k)]);
  int32_t out_sizes[3];
  int64_t in_strides[3];
  int repeated = draw.number(0, 5);
  for (int k = 0; k < 3; ++k) {
    out_sizes[k] = sizes[order[k]];
    in_strides[k] = k == repeated ? 0 : strides[order[k]];
  }
  KernelMap out(out_sizes[0], out_sizes[1], out_sizes[2], type, check.gap());
  int64_t out_strides[3] = {out.map.row, out.map.pixel, 1};
  Numbers expected(out_sizes[0], out_sizes[1], out_sizes[2]);
  expected.fill([&](int y, int x, int c) {
    int index[3], out_index[3] = {y, x, c};
    for (int k = 0; k < 3; ++k) index[order[k]] = k == repeated ? 0 : out_index[k];
    return in.at(index[0], index[1], index[2]);
  });
  check.succeeds(ck_rearrange(check.pool, type, 3, out_sizes, in.map.data, in_strides, out.map.data, out_strides));
  check.expect(out, expected, 0, "rearrangement");

  KernelMap filled(draw.number(1, 9), draw.number(1, 20), draw.number(1, 40), type, check.gap());
  Numbers all = filled.numbers();
  all.fill([](int, int, int) { return 7; });
  check.succeeds(ck_fill(check.pool, &filled.map, 7));
  check.expect(filled, all, 0, "filling");
}

}  // namespace

void check_matrices(Check &check) {
  check.name = "matrices";
  for (int round = 0; round < 5; ++round) {
    for (ck_type type : {CK_FLOAT32, CK_BFLOAT16}) {
      check_products(check, type);
      check_normalization(check, type);
    }
    check_rearrangement(check);
  }
}
