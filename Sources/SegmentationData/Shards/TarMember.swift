/// A file in a tar archive.
struct TarMember: Equatable, Sendable {
  /// The path in the archive, without `./` at its start.
  let name: [UInt8]
  /// The place of the first byte in the archive.
  let offset: Int
  let size: Int

  /// The place in the name where WebDataset divides it: the first dot of the last part.
  private var dot: Int? {
    let start = name.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
    return name[start...].firstIndex(of: UInt8(ascii: "."))
  }

  /// The part of the name that the members of a sample share, such as `ulm/0001` for `ulm/0001.seg.png`.
  var key: ArraySlice<UInt8> { name[..<(dot ?? name.count)] }

  /// The rest of the name without the dot in between, such as `seg.png`; empty if there is none.
  var field: ArraySlice<UInt8> { dot.map { name[($0 + 1)...] } ?? [] }

  /// Whether the member belongs to no sample: names that begin with a dot, and WebDataset's own ones, such as
  /// `__info__`.
  var isHidden: Bool {
    let start = name.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
    return name[start...].first == UInt8(ascii: ".") || name[start...].starts(with: "__".utf8)
  }
}
