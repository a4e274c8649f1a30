import Foundation

/// Many names in one piece of memory, as the system has them: as bytes.
///
/// A name takes its bytes and a number. A text of more than 15 bytes is a piece of memory of its own, which takes three
/// to five times as much.
package struct NameTable: RandomAccessCollection, Sendable, Equatable, ExpressibleByArrayLiteral {
  private var bytes: [UInt8] = []
  /// The place behind the last byte of each name.
  private var ends: [Int] = []

  package init() {}

  package init(arrayLiteral names: String...) { names.forEach { append($0) } }

  package var startIndex: Int { 0 }
  package var endIndex: Int { ends.count }

  /// A name as text (see `FileName`).
  package subscript(index: Int) -> String { withBytes(of: index) { FileName.text($0) } }

  package mutating func append(_ name: String) { append(FileName.bytes(name)) }

  package mutating func append(_ name: some Collection<UInt8>) {
    bytes.append(contentsOf: name)
    ends.append(bytes.count)
  }

  /// Lends the bytes of a name.
  package func withBytes<Result, Failure: Error>(
    of index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let start = index == 0 ? 0 : ends[index - 1]
    return try bytes.withUnsafeBufferPointer { bytes throws(Failure) in
      try body(UnsafeBufferPointer(rebasing: bytes[start..<ends[index]]))
    }
  }

  /// The names' places in the order of their bytes.
  func sortedPlaces() -> [Int] {
    bytes.withUnsafeBytes { bytes in
      ends.withUnsafeBufferPointer { ends in
        func range(_ place: Int) -> (start: Int, count: Int) {
          let start = place == 0 ? 0 : ends[place - 1]
          return (start, ends[place] - start)
        }
        return ends.indices.sorted { one, other in
          let (first, second) = (range(one), range(other))
          guard let base = bytes.baseAddress else { return false }
          let order = memcmp(base + first.start, base + second.start, Swift.min(first.count, second.count))
          return order == 0 ? first.count < second.count : order < 0
        }
      }
    }
  }

  /// The names at some places, in the order of the places.
  func choosing(_ places: [Int]) -> NameTable {
    var chosen = NameTable()
    chosen.bytes.reserveCapacity(bytes.count)
    chosen.ends.reserveCapacity(places.count)
    for place in places { withBytes(of: place) { chosen.append($0) } }
    return chosen
  }
}

/// Finds names of a table by their bytes.
package struct NameIndex: Sendable {
  private let names: NameTable
  /// The place of a name plus 1, or 0, at the slot of the name's hash or behind it.
  private var slots: [UInt32]

  /// Makes the index of a table.
  /// - Parameter duplicate: Called with the places of two equal names, the earlier one first. The index keeps the later
  ///   one.
  package init<Failure: Error>(
    _ names: NameTable, duplicate: (_ earlier: Int, _ later: Int) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(names.count < UInt32.max / 2, "\(names.count) names")
    self.names = names
    var size = 16
    while size < names.count * 2 { size *= 2 }
    slots = [UInt32](repeating: 0, count: size)
    for place in names.indices {
      let (slot, earlier) = names.withBytes(of: place) { find($0) }
      slots[slot] = UInt32(place + 1)
      if let earlier { try duplicate(earlier, place) }
    }
  }

  /// The place of a name; nil if it is not in the table.
  package func place(of name: [UInt8]) -> Int? { name.withUnsafeBufferPointer { find($0).place } }

  /// The slot of a name, or the empty slot that it would take.
  private func find(_ name: UnsafeBufferPointer<UInt8>) -> (slot: Int, place: Int?) {
    var hasher = Hasher()
    hasher.combine(bytes: UnsafeRawBufferPointer(name))
    let mask = slots.count - 1
    var slot = hasher.finalize() & mask
    while slots[slot] != 0 {
      let place = Int(slots[slot]) - 1
      if names.withBytes(of: place, { $0.elementsEqual(name) }) { return (slot, place) }
      slot = (slot + 1) & mask
    }
    return (slot, nil)
  }
}
