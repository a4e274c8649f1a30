import Files

/// The files and folders that a listing left out, counted by kind.
package struct ListingOmissions: Equatable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// Files that are no images, by extension. The empty extension stands for names without one.
    case file(fileExtension: String)
    case folder
    /// Names that begin with a dot.
    case hidden
    /// Pipes, sockets and devices.
    case special
    case brokenLink
    /// Images whose names do not match the pattern that was asked for.
    case otherImage
    /// Masks that belong to no image.
    case unusedMask
  }

  private var counts: [Kind: Int] = [:]

  package init() {}

  package var isEmpty: Bool { counts.isEmpty }
  package subscript(kind: Kind) -> Int { counts[kind] ?? 0 }

  package mutating func add(_ kind: Kind, count: Int = 1) {
    if count > 0 { counts[kind, default: 0] += count }
  }

  package static func += (sum: inout ListingOmissions, other: ListingOmissions) {
    sum.counts.merge(other.counts, uniquingKeysWith: +)
  }

  /// One line for people, such as "photos: left out 2 folders and 3 .txt files (only PNG and JPEG are read)", with
  /// the names of all formats; nil if nothing was left out.
  package func line(_ place: String) -> String? {
    guard !counts.isEmpty else { return nil }
    let parts = counts.map { (isFile: Self.isFile($0.key), count: $0.value, text: Self.text($0.key, $0.value)) }
      .sorted { ($0.isFile ? 1 : 0, -$0.count, $0.text) < ($1.isFile ? 1 : 0, -$1.count, $1.text) }
    // A folder with a thousand kinds of files is not worth a thousand words.
    var texts = parts.prefix(12).map(\.text)
    let rest = parts.dropFirst(12).reduce(0) { $0 + $1.count }
    if rest > 0 { texts.append("\(rest) others") }
    let list = texts.count == 1 ? texts[0] : texts.dropLast().joined(separator: ", ") + " and " + texts.last!
    let hint = parts.contains(where: \.isFile) ? " (only \(ImageFormat.list()) are read)" : ""
    return "\(place.printable()): left out \(list)\(hint)"
  }

  private static func isFile(_ kind: Kind) -> Bool {
    if case .file = kind { true } else { false }
  }

  private static func text(_ kind: Kind, _ count: Int) -> String {
    let (one, many) =
      switch kind {
      case .file(""): ("file without an extension", "files without an extension")
      case .file(let fileExtension):
        (".\(fileExtension.printable(limit: 20)) file", ".\(fileExtension.printable(limit: 20)) files")
      case .folder: ("folder", "folders")
      case .hidden: ("hidden file", "hidden files")
      case .special: ("pipe, socket or device", "pipes, sockets or devices")
      case .brokenLink: ("broken link", "broken links")
      case .otherImage: ("image with another name", "images with other names")
      case .unusedMask: ("mask without an image", "masks without an image")
      }
    return "\(count) \(count == 1 ? one : many)"
  }
}
