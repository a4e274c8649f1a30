import Files
import Foundation
import SegmentationImage
import Yams

/// The card of a packed data set: that of the data set, with other places.
struct PackedCard {
  private let name: String
  private let labels: LabelSet
  private let white: Int?
  private let keys: Node.Mapping

  init(_ kind: String, _ dataset: Dataset) throws(DataError) {
    (name, labels, white) = (dataset.name, dataset.labels, dataset.white)
    guard let known = try FolderCard.named(kind) else {
      let yaml: String
      do { yaml = try TextFile.read(kind, limit: YAMLText.sizeLimit) } catch { throw DataError("\(error)") }
      keys = try CardReader(yaml: yaml, path: kind).top.mapping ?? Node.Mapping([])
      return
    }
    var keys: [(Node, Node)] = [("base", Self.text(known.name))]
    // Cityscapes' masks may hold ids of either kind.
    if known.labels.encoding != labels.encoding, case .values(let map) = labels.encoding {
      let names = labels.names
      keys.append(
        (
          "map",
          Node(
            map.sorted { $0.key < $1.key }.map { value, id in
              (Node("\(value)"), Self.text(Int(id) < names.count ? names[Int(id)] : LabelSet.ignoredName))
            })
        ))
    }
    self.keys = Node.Mapping(keys)
  }

  /// Writes the card.
  /// - Parameter shards: The names of each split's archives, beside the card.
  func write(_ shards: [Split: String], to path: String) throws {
    var top = keys
    for key in ["root", "name", "splits"] { top[key] = nil }
    top["name"] = Self.text(name)
    let splits = Split.allCases.compactMap { split in
      shards[split].map { names in (Self.text(split.rawValue), Node([(Node("shards"), Self.text(names))])) }
    }
    top["splits"] = Node(splits)
    let text = try serialize(node: .mapping(top), width: -1, allowUnicode: true)
    let card = try FolderCard(yaml: text, path: path)
    guard card.labels == labels, card.white == white else {
      throw DataError("\(path): the classes of \(name) cannot be written as a card")
    }
    try AtomicFile.write(to: path) { try $0.write(Array(text.utf8)) }
  }

  /// A text that no reader takes for a number or anything else.
  private static func text(_ text: String) -> Node { Node(text, Tag(.str), .doubleQuoted) }
}
