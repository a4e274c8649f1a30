import Basics
import Testing

@Suite struct SplitMix64Tests {
  // The published first numbers of SplitMix64 seeded with 1234567 (https://rosettacode.org/wiki/Pseudo-random_numbers).
  private let published: [UInt64] = [
    6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
    16_408_922_859_458_223_821,
  ]

  @Test func numbersAreThePublishedOnes() {
    var generator = SplitMix64(state: 1_234_567)
    #expect(published == published.map { _ in generator.next() })
    #expect(published == published.indices.map { SplitMix64.number($0, from: 1_234_567) })
  }
}
