/// The random numbers of SplitMix64, which follow from a seed alone (https://prng.di.unimi.it/splitmix64.c).
package struct SplitMix64: RandomNumberGenerator, Sendable {
  package var state: UInt64

  @inlinable
  package init(state: UInt64) { self.state = state }

  @inlinable
  package mutating func next() -> UInt64 {
    state &+= Self.step
    return Self.mix(state)
  }

  /// The number that a generator of the given state gives after `index` others.
  @inlinable @inline(__always)
  package static func number(_ index: Int, from state: UInt64) -> UInt64 { mix(state &+ UInt64(index + 1) &* step) }

  /// How much the state grows with each number.
  @inlinable @inline(__always)
  package static var step: UInt64 { 0x9E37_79B9_7F4A_7C15 }

  @inlinable @inline(__always)
  package static func mix(_ state: UInt64) -> UInt64 {
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
