import Basics

/// A stream of random numbers (SplitMix64) that depends only on its name and numbers. Each transform of each sample has
/// its own stream, so neither the number of workers nor another transform's options change what it draws.
public struct RandomStream: RandomNumberGenerator, Sendable {
  private var generator: SplitMix64

  /// Creates a stream from a seed.
  public init(seed: UInt64) { generator = SplitMix64(state: seed) }

  /// Creates the stream with a name, such as a transform's, a seed and further numbers, such as those of epoch and
  /// sample.
  public init(_ name: String, seed: UInt64, _ numbers: Int...) {
    // The start is the FNV-1a hash of the name; each number is then mixed in by the generator's own step.
    let hash: UInt64 = name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    generator = SplitMix64(state: hash)
    for number in [seed] + numbers.map({ UInt64(bitPattern: Int64($0)) }) { generator.state = next() ^ number }
    _ = next()
  }

  /// The next number, with all of its 64 bits random.
  public mutating func next() -> UInt64 { generator.next() }

  /// A number that is evenly spread over a range.
  public mutating func uniform(_ range: ClosedRange<Double> = 0...1) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * Double(next() >> 11) * 0x1p-53
  }

  /// One of the numbers 0, 1, ... `count` - 1.
  public mutating func index(below count: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(count)).high)
  }

  /// True with a probability from 0 to 1.
  public mutating func happens(_ probability: Double) -> Bool {
    Double(next() >> 11) * 0x1p-53 < probability
  }

  /// Brings a list into random order.
  public mutating func shuffle<Element>(_ list: inout [Element]) {
    for i in stride(from: list.count - 1, to: 0, by: -1) { list.swapAt(i, index(below: i + 1)) }
  }
}
