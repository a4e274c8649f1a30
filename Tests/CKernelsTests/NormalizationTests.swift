import CKernels
import Testing
import Torch

extension KernelTests {
  /// Against libtorch's normalizations.
  @Suite struct NormalizationTests {
    @Test(arguments: [CK_FLOAT32, CK_BFLOAT16])
    func `layer and group normalization match libtorch`(type: ck_type) throws {
      try KernelTests.rounds(10) { draw, pool in
        let groups = draw.int(1...5)
        let channels = groups * draw.int(1...20)
        // The pixels of the larger maps are summed in several chunks.
        let size = draw.bool() ? [draw.int(1...9), draw.int(2...9)] : [draw.int(10...30), draw.int(30...60)]
        // The mean is much larger than the distances from it.
        let input = (draw.tensor([1, channels] + size, type: type) + 8).to(dtype: .float32)
        let rounded = type == CK_FLOAT32 ? input : input.to(dtype: .bfloat16).to(dtype: .float32)
        let (scale, shift) = (draw.tensor([channels]), draw.tensor([channels]))
        let hasScale = draw.bool()
        let (from, to) = (
          KernelMap(rounded, type: type, gap: draw.int(0...2)),
          KernelMap(size[0], size[1], channels, type: type, gap: draw.int(0...2))
        )
        var (source, target) = (from.map, to.map)
        func normalize(_ groups: Int) -> Bool {
          hasScale
            ? ck_normalize(
              pool, &source, &target, Int32(groups), 1e-5, scale.elements(Float.self), shift.elements(Float.self))
            : ck_normalize(pool, &source, &target, Int32(groups), 1e-5, nil, nil)
        }
        let tolerance = type == CK_FLOAT32 ? 2e-5 : 2e-2
        #expect(normalize(groups))
        KernelTests.expect(
          to,
          rounded.groupNorm(groups: groups, weight: hasScale ? scale : nil, bias: hasScale ? shift : nil),
          tolerance: tolerance)
        #expect(normalize(0))
        let expected = rounded.permute([0, 2, 3, 1]).layerNorm(
          [channels], weight: hasScale ? scale : nil, bias: hasScale ? shift : nil)
        // A single channel is its own mean: a difference of nothing but rounding.
        KernelTests.expect(to, expected.permute([0, 3, 1, 2]), tolerance: tolerance)
      }
    }

    @Test func `normalizations that do not fit are refused`() throws {
      let pool = try #require(ck_pool_create(1))
      defer { ck_pool_free(pool) }
      var map = KernelMap(2, 2, 6).map
      #expect(!ck_normalize(pool, &map, &map, 4, 1e-5, nil, nil))
      #expect(String(cString: ck_last_error()) == "normalization: 6 channels in 4 groups")
      #expect(!ck_normalize(pool, &map, &map, 2, .nan, nil, nil))
    }
  }
}
