import Basics

/// A stream of random numbers (SplitMix64) that depends on nothing but its name and numbers: each transform of each
/// sample has its own, so that neither the number of workers nor another transform's options change what it draws.
public struct RandomStream: RandomNumberGenerator, Sendable {
  private var generator: SplitMix64

  public init(seed: UInt64) { generator = SplitMix64(state: seed) }

  /// The stream of `name` (a transform, say) under a seed and further numbers such as epoch and sample.
  public init(_ name: String, seed: UInt64, _ numbers: Int...) {
    // FNV-1a of the name, then every number mixed in through the generator's own step.
    let hash: UInt64 = name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    generator = SplitMix64(state: hash)
    for number in [seed] + numbers.map({ UInt64(bitPattern: Int64($0)) }) { generator.state = next() ^ number }
    _ = next()
  }

  public mutating func next() -> UInt64 { generator.next() }

  /// A number from `range`, evenly spread.
  public mutating func uniform(_ range: ClosedRange<Double> = 0...1) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * Double(next() >> 11) * 0x1p-53
  }

  /// One of 0, 1, ... `count` - 1.
  public mutating func index(below count: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(count)).high)
  }

  /// True with a probability.
  public mutating func happens(_ probability: Double) -> Bool {
    Double(next() >> 11) * 0x1p-53 < probability
  }

  /// Brings a list into random order.
  public mutating func shuffle<Element>(_ list: inout [Element]) {
    for i in stride(from: list.count - 1, to: 0, by: -1) { list.swapAt(i, index(below: i + 1)) }
  }
}
