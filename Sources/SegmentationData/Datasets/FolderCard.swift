import Foundation
import SegmentationImage

/// A YAML card that describes any folder of images and masks. Every field:
///
/// ```yaml
/// name: garden                  # optional: what output calls it; the file's name by default
/// root: ../garden               # optional: where paths begin, relative to the card; the card's folder by default
/// classes:                      # training ids 0, 1, ... in this order
///   - {name: path, color: [128, 64, 128]}
///   - {name: lawn, color: [0, 128, 0]}
/// map:                          # what each raw mask value means: a class or `ignored`
///   0: path
///   255: lawn
///   128: ignored
/// splits:                       # train, val and test, as many as there are
///   train: {images: images/train, masks: masks/train}   # matched by name without extension
///   val: {list: val.txt}        # one sample a line: image and mask, apart by a tab or blanks; # begins a comment
///   test: {images: images/test} # without masks: for prediction only
/// ```
///
/// RGB masks have a map from colors, such as `"#804080": path`. The key `other` (`other: ignored`) stands for all values
/// or colors that are not listed; without it an unlisted one is an error. Unknown keys are errors.
public struct FolderCard: Sendable, Equatable {
  /// Where a split's samples are.
  public enum Source: Sendable, Equatable {
    case folders(images: String, masks: String?)
    case list(String)
  }

  /// The card's own path.
  public let path: String
  public let name: String
  /// The folder where paths begin.
  public let root: String
  public let labels: LabelSet
  public let splits: [Split: Source]

  /// Reads a card. Throws with the line of what is missing, unknown or wrong.
  public init(contentsOf path: String) throws(DataError) {
    guard let data = FileManager.default.contents(atPath: path) else { throw DataError("\(path): cannot be read") }
    try self.init(yaml: String(decoding: data, as: UTF8.self), path: path)
  }

  /// Reads a card's text; `path` is where it lies, for messages and relative roots.
  public init(yaml: String, path: String) throws(DataError) {
    let card = try CardReader(yaml: yaml, path: path)
    try card.allow(["name", "root", "classes", "map", "splits"], in: card.top, "the card")
    let folder = (path as NSString).deletingLastPathComponent
    self.path = path
    let fileName = (path as NSString).lastPathComponent
    name = try card.string("name", in: card.top) ?? FileListing.stemAndExtension(fileName).stem
    root = Self.join(folder.isEmpty ? "." : folder, try card.string("root", in: card.top) ?? "")
    let classes = try card.classes()
    labels = LabelSet(classes: classes, encoding: try card.encoding(classes: classes))
    splits = try card.splits()
  }

  /// The described data set; `root` replaces the card's.
  public func dataset(root: String? = nil) -> Dataset {
    let root = root ?? self.root
    return Dataset(name: name, root: root, labels: labels) { split throws(DataError) in
      let what = "split '\(split.rawValue)' of \(path)"
      switch splits[split] {
      case nil:
        let known = Split.allCases.filter { splits[$0] != nil }.map(\.rawValue).joined(separator: ", ")
        throw DataError("\(path): no split '\(split.rawValue)' in the card (it has \(known))")
      case .folders(let images, let masks):
        return try FileListing.pairs(
          images: Self.join(root, images), masks: masks.map { Self.join(root, $0) }, what: what)
      case .list(let file): return try Self.samples(inList: Self.join(root, file), root: root, what: what)
      }
    }
  }

  private static func join(_ folder: String, _ path: String) -> String {
    path.isEmpty ? folder : path.hasPrefix("/") ? path : "\(folder)/\(path)"
  }

  private static func samples(inList file: String, root: String, what: String) throws(DataError) -> [Sample] {
    guard let data = FileManager.default.contents(atPath: file) else {
      throw DataError("\(file): cannot be read; expected the list of \(what)")
    }
    var samples: [Sample] = []
    let lines = String(decoding: data, as: UTF8.self).split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let text = line.prefix { $0 != "#" }
      let fields = text.split(whereSeparator: text.contains("\t") ? { $0 == "\t" } : \.isWhitespace)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      if fields.isEmpty { continue }
      guard fields.count <= 2 else {
        throw DataError(
          "\(file):\(index + 1): expected an image and a mask, found \(fields.count) fields (names with blanks need tabs)"
        )
      }
      for path in fields where !FileManager.default.fileExists(atPath: join(root, path)) {
        throw DataError("\(file):\(index + 1): \(join(root, path)) does not exist")
      }
      samples.append(Sample(image: join(root, fields[0]), mask: fields.count == 2 ? join(root, fields[1]) : nil))
    }
    return samples
  }
}
