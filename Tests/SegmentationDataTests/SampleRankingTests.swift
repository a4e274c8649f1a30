import SegmentationData
import SegmentationImage
import Testing

struct SampleRankingTests {
  /// A sample whose classes have these numbers of pixels.
  private func facts(
    _ index: Int, _ pixels: [UInt8: Int], unlabelled: Int = 0, parts: Int = 1, findings: [String] = []
  ) -> SampleFacts {
    SampleFacts(
      split: .train, index: index, image: "\(index).png", size: ImageSize(height: 10, width: 10), classPixels: pixels,
      unlabelledPixels: unlabelled, parts: parts, findings: findings)
  }

  /// Eight samples that are alike, and others.
  private func ranking(_ others: SampleFacts...) -> SampleRanking {
    SampleRanking((0..<8).map { facts($0, [0: 50, 1: 50]) } + others)
  }

  private func places(_ ranking: SampleRanking) -> [Int] { ranking.entries.map(\.facts.index) }

  @Test func `samples that are alike keep their order`() {
    let ranking = ranking()
    #expect(places(ranking) == Array(0..<8))
    #expect(ranking.entries.allSatisfy { $0.traits.isEmpty && $0.oddity == 0 })
  }

  @Test func `a rare class comes first`() {
    let ranking = ranking(facts(8, [0: 50, 1: 50, 2: 1]))
    #expect(places(ranking) == [8] + Array(0..<8))
    let trait = ranking.entries[0].traits[0]
    // One of nine samples shows it.
    #expect(trait == SampleTrait(kind: .showsClass(2), count: 1, total: 9))
    #expect(abs(trait.bits - 3.169925001442312) < 1e-12)
  }

  @Test func `unusual shares come first, large and small ones`() {
    let ranking = ranking(facts(8, [0: 99, 1: 1]))
    #expect(places(ranking)[0] == 8)
    #expect(ranking.entries[0].traits == [SampleTrait(kind: .share(0, isLarge: true), count: 1, total: 9)])
    // The others are all alike: nine are at least as extreme in one direction and eight in the other.
    #expect(ranking.entries[1].traits == [SampleTrait(kind: .share(0, isLarge: false), count: 8, total: 9)])
    let small = SampleRanking(
      (0..<8).map { facts($0, [0: 50]) } + (8..<12).map { facts($0, [0: 50, 1: 50]) } + [facts(12, [0: 99, 1: 1])])
    let first = small.entries[0]
    #expect(first.facts.index == 12)
    #expect(first.traits.contains(SampleTrait(kind: .share(1, isLarge: false), count: 1, total: 5)))
  }

  @Test func `many areas and many pixels without a class come first`() {
    let ranking = ranking(facts(8, [0: 50, 1: 50], parts: 7), facts(9, [0: 50, 1: 50], unlabelled: 20))
    #expect(places(ranking).prefix(2) == [8, 9])
    #expect(ranking.entries[0].traits == [SampleTrait(kind: .parts, count: 1, total: 10)])
    #expect(ranking.entries[1].traits == [SampleTrait(kind: .unlabelled, count: 1, total: 10)])
  }

  @Test func `findings count as little as many samples have them`() {
    let one = ranking(facts(8, [0: 50, 1: 50], findings: ["damaged"]))
    #expect(places(one)[0] == 8)
    #expect(one.entries[0].traits == [SampleTrait(kind: .findings, count: 1, total: 9)])
    let all = SampleRanking((0..<4).map { facts($0, [0: 1], findings: ["no map"]) })
    #expect(all.entries.allSatisfy { $0.oddity == 0 })
  }

  @Test func `among equals the sum over all kinds decides`() {
    let ranking = ranking(
      facts(8, [0: 50, 1: 50], unlabelled: 30), facts(9, [0: 50, 1: 50, 2: 1], unlabelled: 1, parts: 5))
    // Both are the only ones of ten with something; the second has two such things.
    #expect(places(ranking).prefix(2) == [9, 8])
    #expect(ranking.entries[0].oddity == ranking.entries[1].oddity)
  }

  @Test func `samples without labels or without neighbours have no traits`() {
    #expect(SampleRanking([]).entries.isEmpty)
    #expect(SampleRanking([facts(0, [3: 9])]).entries[0].traits.isEmpty)
    let ranking = ranking(facts(8, [:], parts: 0))
    #expect(places(ranking).last == 8)
  }
}
