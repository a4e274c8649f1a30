// Copies in other orders.
#include "kernel_map.hpp"

namespace {

void check_shuffle(Check &check) {
  Draw &draw = check.draw;
  int factor = draw.number(1, 3), height = draw.number(1, 9), width = draw.number(1, 20);
  ck_type type = draw.one_of({CK_FLOAT32, CK_BFLOAT16, CK_UINT8});
  int channels = draw.number(1, 9) * factor * factor;
  KernelMap in = KernelMap::drawn(height, width, channels, type, draw);
  KernelMap out(height * factor, width * factor, channels / factor / factor, type, check.gap());
  Numbers expected = out.numbers();
  expected.fill([&](int y, int x, int c) {
    return in.at(y / factor, x / factor, (c * factor + y % factor) * factor + x % factor);
  });
  check.succeeds(ck_pixel_shuffle(check.pool, &in.map, &out.map, factor));
  check.expect(out, expected, 0, "pixel shuffle");
}

void check_permutation(Check &check) {
  Draw &draw = check.draw;
  ck_type type = draw.one_of({CK_FLOAT32, CK_BFLOAT16, CK_UINT8});
  KernelMap in = KernelMap::drawn(draw.number(1, 9), draw.number(1, 20), draw.number(1, 40), type, draw);
  std::vector<int32_t> source(size_t(draw.number(1, 50)));
  for (int32_t &each : source) each = draw.number(0, in.map.channels - 1);
  KernelMap out(in.map.height, in.map.width, int(source.size()), type, check.gap());
  Numbers expected = out.numbers();
  expected.fill([&](int y, int x, int c) { return in.at(y, x, source[size_t(c)]); });
  check.succeeds(ck_permute_channels(check.pool, &in.map, &out.map, source.data()));
  check.expect(out, expected, 0, "permutation of channels");
}

void check_interleaving(Check &check) {
  Draw &draw = check.draw;
  int height = draw.number(1, 9), width = draw.number(1, 20), channels = draw.number(1, 40);
  ck_type type = draw.one_of({CK_FLOAT32, CK_BFLOAT16});
  KernelMap a = KernelMap::drawn(height, width, channels, type, draw);
  KernelMap b = KernelMap::drawn(height, width, channels, type, draw);
  KernelMap scale = KernelMap::drawn(1, 1, channels, type, draw);
  KernelMap out(height, width, 2 * channels, type, check.gap());
  Numbers plain = out.numbers(), scaled = plain;
  plain.fill([&](int y, int x, int c) { return (c % 2 ? b : a).at(y, x, c / 2); });
  scaled.fill([&](int y, int x, int c) { return plain.at(y, x, c) * (c % 2 ? scale.at(0, 0, c / 2) : 1); });
  check.succeeds(ck_interleave_channels(check.pool, &a.map, &b.map, nullptr, &out.map));
  check.expect(out, plain, 0, "interleaving");
  check.succeeds(ck_interleave_channels(check.pool, &a.map, &b.map, &scale.map, &out.map));
  check.expect(out, scaled, type == CK_FLOAT32 ? 1e-7 : 4e-3, "interleaving with factors");
}

void check_copy(Check &check) {
  Draw &draw = check.draw;
  ck_type from = draw.one_of({CK_FLOAT32, CK_BFLOAT16, CK_UINT8});
  ck_type to = draw.flip() ? from : draw.one_of({CK_FLOAT32, CK_BFLOAT16});
  KernelMap in = KernelMap::drawn(draw.number(1, 9), draw.number(1, 20), draw.number(1, 70), from, draw);
  KernelMap out(in.map.height, in.map.width, in.map.channels, to, check.gap());
  check.succeeds(ck_copy(check.pool, &in.map, &out.map));
  check.expect(out, in.numbers(), 0, "copy");
}

void check_images(Check &check) {
  Draw &draw = check.draw;
  int height = draw.number(1, 9), width = draw.number(1, 40), channels = draw.number(1, 5);
  ck_type type = draw.one_of({CK_FLOAT32, CK_BFLOAT16});
  double tolerance = type == CK_FLOAT32 ? 1e-6 : 1e-2;
  std::vector<float> planes = draw.values(size_t(height) * width * channels);
  KernelMap out(height, width, channels, type, check.gap());
  Numbers expected(height, width, channels);
  expected.fill([&](int y, int x, int c) { return double(planes[(size_t(c) * height + y) * width + x]); });
  check.succeeds(ck_from_planes(check.pool, planes.data(), &out.map));
  check.expect(out, expected, 0, "planes");

  KernelMap image = KernelMap::drawn(height, width, channels, CK_UINT8, draw);
  std::vector<float> scale = draw.values(size_t(channels), 1.0f / 64), shift = draw.values(size_t(channels), 2);
  expected.fill([&](int y, int x, int c) {
    return image.at(y, x, c) * double(scale[size_t(c)]) + double(shift[size_t(c)]);
  });
  check.succeeds(ck_normalize_image(check.pool, &image.map, &out.map, scale.data(), shift.data()));
  check.expect(out, expected, tolerance, "normalized image");
}

}  // namespace

void check_copies(Check &check) {
  check.name = "copy";
  for (int round = 0; round < 5; ++round) {
    check_shuffle(check);
    check_permutation(check);
    check_interleaving(check);
    check_copy(check);
    check_images(check);
  }
}
