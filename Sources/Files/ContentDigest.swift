/// A SHA-256 hash: 32 bytes without a piece of memory of their own. Hashes have the order of their texts.
package struct ContentDigest: Hashable, Comparable, Sendable {
  /// The number of bytes.
  package static let size = 32

  /// The bytes in groups of eight, as numbers whose first byte is the highest.
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  /// The first eight bytes as a number.
  package var start: UInt64 { words.0 }

  /// Creates a hash from its bytes.
  /// - Parameter write: Writes 32 bytes.
  init(_ write: (UnsafeMutablePointer<UInt8>) -> Void) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.size) { bytes in
      bytes.initialize(repeating: 0)
      write(bytes.baseAddress!)
      words = (Self.word(bytes, 0), Self.word(bytes, 8), Self.word(bytes, 16), Self.word(bytes, 24))
    }
  }

  /// Reads a hash from 32 bytes.
  package init(bytes: some Collection<UInt8>) {
    precondition(bytes.count == Self.size, "\(bytes.count) bytes of a hash")
    self.init { target in
      for (place, byte) in bytes.enumerated() { target[place] = byte }
    }
  }

  private static func word(_ bytes: UnsafeMutableBufferPointer<UInt8>, _ start: Int) -> UInt64 {
    (start..<start + 8).reduce(0) { $0 << 8 | UInt64(bytes[$1]) }
  }

  /// The 32 bytes.
  package var bytes: [UInt8] {
    [words.0, words.1, words.2, words.3].flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
    }
  }

  /// The bytes as 64 hexadecimal digits.
  package var hex: String {
    [words.0, words.1, words.2, words.3].map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  package static func == (one: ContentDigest, other: ContentDigest) -> Bool { one.words == other.words }

  package static func < (one: ContentDigest, other: ContentDigest) -> Bool { one.words < other.words }

  package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
