import Files
import Foundation
import SegmentationImage

/// Writes the lists of samples and the card of an import.
struct CardWriter {
  let output: String
  let name: String
  let set: AnnotatedSet
  let samples: [(image: AnnotatedImage, mask: String)]

  /// - Returns: The path of the card.
  func write() throws -> String {
    let root = FileSystem.realPath(output) ?? output
    var splits: [String] = []
    for split in Split.allCases {
      let own = samples.filter { $0.image.split == split }
      guard !own.isEmpty else { continue }
      let lines = try own.map { image, mask in
        let place = Self.relative(FileSystem.realPath(image.path) ?? image.path, to: root)
        guard !place.contains("\t"), !place.contains("\n"), !place.contains("\r"), !place.hasPrefix("#") else {
          throw DataError(
            "\(image.path): a name with a tab, a line break or a # at its start cannot be listed; rename it")
        }
        return "\(place)\t\(mask.dropFirst(output.count + 1))\n"
      }
      try put(lines.joined(), "\(output)/\(split.rawValue).txt")
      splits.append("  \(split.rawValue): {list: \(split.rawValue).txt}\n")
    }
    let classes = set.classes.map { info in
      "  - {name: \(YAMLText.quoted(info.name)), color: [\(info.color.red), \(info.color.green), \(info.color.blue)]}\n"
    }
    let map =
      set.classes.enumerated().map { "  \($0.offset): \(YAMLText.quoted($0.element.name))\n" } + ["  255: ignored\n"]
    let text =
      "name: \(YAMLText.quoted(name.printable(limit: 200)))\nclasses:\n\(classes.joined())map:\n\(map.joined())splits:\n\(splits.joined())"
    try put(text, "\(output)/card.yaml")
    return "\(output)/card.yaml"
  }

  private func put(_ text: String, _ path: String) throws {
    do { try AtomicFile.write(Data(FileName.bytes(text)), to: URL(filePath: path)) } catch let error as FileError {
      throw DataError(error.description)
    }
  }

  /// A path as it is written below a folder, so that both may move together; absolute if they share nothing.
  static func relative(_ path: String, to folder: String) -> String {
    let (parts, base) = (path.split(separator: "/"), folder.split(separator: "/"))
    let shared = zip(parts, base).prefix { $0 == $1 }.count
    guard path.hasPrefix("/"), folder.hasPrefix("/"), shared > 0 else { return path }
    return (Array(repeating: "..", count: base.count - shared) + parts[shared...].map(String.init)).joined(
      separator: "/")
  }
}
