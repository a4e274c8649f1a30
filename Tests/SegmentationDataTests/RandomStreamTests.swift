import SegmentationData
import Testing

@Suite struct RandomStreamTests {
  @Test func isSplitMix64() {
    // The published first numbers of SplitMix64 seeded with 1234567.
    var random = RandomStream(seed: 1_234_567)
    #expect(
      (0..<3).map { _ in random.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      ])
  }

  @Test func everyPartOfTheNameMakesAnotherStream() {
    let streams = [
      RandomStream("crop", seed: 1, 2, 3), RandomStream("flip", seed: 1, 2, 3), RandomStream("crop", seed: 2, 2, 3),
      RandomStream("crop", seed: 1, 3, 3), RandomStream("crop", seed: 1, 2, 4), RandomStream("crop", seed: 1, 3, 2),
    ]
    #expect(
      Set(
        streams.map { stream in
          var stream = stream; return stream.next()
        }
      ).count == streams.count)
    var (first, again) = (RandomStream("crop", seed: 1, 2, 3), RandomStream("crop", seed: 1, 2, 3))
    #expect(first.next() == again.next())
  }

  @Test func numbersAreEvenlySpread() {
    var random = RandomStream(seed: 5)
    let uniform = (0..<20000).map { _ in random.uniform(-0.5...1.5) }
    #expect(uniform.allSatisfy { (-0.5...1.5).contains($0) })
    #expect(abs(uniform.reduce(0, +) / 20000 - 0.5) < 0.02)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<21000 { counts[random.index(below: 7)] += 1 }
    #expect(counts.allSatisfy { abs($0 - 3000) < 250 })
    #expect(abs((0..<20000).filter { _ in random.happens(0.3) }.count - 6000) < 300)
    #expect(!(0..<1000).contains { _ in random.happens(0) })
    #expect((0..<1000).allSatisfy { _ in random.happens(1) })
  }

  @Test func `shuffling keeps all elements`() {
    var random = RandomStream(seed: 9)
    var list = Array(0..<100)
    random.shuffle(&list)
    #expect(list != Array(0..<100))
    #expect(list.sorted() == Array(0..<100))
  }
}
