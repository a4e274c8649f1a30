import SegmentationImage
import Testing

@Suite struct NormalizationTests {
  @Test func normalizesByChannel() {
    let pixels: [UInt8] = [0, 128, 255, 10, 20, 30]
    // (np.array(pixels).reshape(2, 3) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    let expected: [Float] = [-2.1179039, 0.20518208, 2.64, -1.9466564, -1.6855742, -1.2815686]
    var interleaved = [Float](repeating: 0, count: 6)
    var planar = interleaved
    Normalization().writeInterleaved(pixels, count: 2, to: &interleaved)
    Normalization().writePlanar(pixels, count: 2, to: &planar)
    for i in 0..<6 {
      #expect(abs(interleaved[i] - expected[i]) < 1e-6)
      #expect(planar[i % 3 * 2 + i / 3] == interleaved[i])
    }
  }

  @Test func takesMeanAndDeviation() {
    var result = [Float](repeating: 0, count: 3)
    Normalization(mean: [0, 0.5, 1], std: [1, 0.5, 2]).writeInterleaved([255, 0, 255], count: 1, to: &result)
    #expect(result == [1, -1, 0])
  }
}
