import Files
import Yams

/// The places of the images and masks.
extension CardReader {
  private static let sourceLimit = 1000

  /// - Parameter base: The splits that count if the card has none.
  func splits(base: [Split: [FolderCard.Source]]?) throws(DataError) -> [Split: [FolderCard.Source]] {
    if let base, top["splits"] == nil { return base }
    let node = try required("splits", in: top, "the card")
    try allow(Split.allCases.map(\.rawValue), in: node, "'splits'")
    var splits: [Split: [FolderCard.Source]] = [:]
    for (key, value) in node.mapping ?? [:] {
      let name = key.string ?? ""
      let nodes = value.sequence.map(Array.init) ?? [value]
      guard (1...Self.sourceLimit).contains(nodes.count) else {
        throw failure(value, "split '\(name)': expected 1 to \(Self.sourceLimit) places, found \(nodes.count)")
      }
      guard let split = Split(rawValue: name) else { continue }
      for node in nodes { splits[split, default: []].append(try source(node, split: name)) }
    }
    guard !splits.isEmpty else { throw failure(node, "'splits' is empty") }
    return splits
  }

  private func source(_ value: Node, split name: String) throws(DataError) -> FolderCard.Source {
    try allow(["images", "masks", "list", "recursive", "root", "shards"], in: value, "split '\(name)'")
    if value["shards"] != nil { return try shards(value, split: name) }
    let (images, masks) = (try pattern("images", in: value), try pattern("masks", in: value))
    let root = try string("root", in: value) ?? ""
    var isRecursive: Bool?
    if let node = value["recursive"] {
      guard let flag = node.bool else { throw failure(node, "'recursive': expected true or false") }
      isRecursive = flag
    }
    switch (images, try string("list", in: value)) {
    case (let images?, let list?) where isRecursive == nil:
      guard images.expression == nil, masks?.expression == nil else {
        throw failure(value, "split '\(name)': 'match' cannot be used with 'list', which names the images itself")
      }
      return .folders(images: images, masks: masks, list: list, root: root)
    case (let images?, nil):
      let matchesPaths = images.expression != nil || masks?.expression != nil
      return .folders(images: images, masks: masks, isRecursive: isRecursive ?? matchesPaths, root: root)
    case (nil, let list?) where masks == nil && isRecursive == nil: return .list(list, root: root)
    default:
      throw failure(
        value,
        "split '\(name)' needs 'images' (with 'masks', and 'list' or 'recursive' if wanted), or 'list' or "
          + "'shards' alone")
    }
  }

  /// The tar archives of a split.
  private func shards(_ value: Node, split name: String) throws(DataError) -> FolderCard.Source {
    for key in ["list", "recursive"] {
      if let node = value[key] { throw failure(node, "split '\(name)': '\(key)' cannot be used with 'shards'") }
    }
    guard let node = value["shards"] else { throw failure(value, "split '\(name)' lacks 'shards'") }
    let nodes = node.sequence.map(Array.init) ?? [node]
    var patterns: [String] = []
    for node in nodes {
      guard let pattern = node.string, !pattern.isEmpty, node.null == nil,
        !pattern.unicodeScalars.contains(where: isControl)
      else { throw failure(node, "'shards': expected the names of tar archives, such as 'train-{000000..000012}.tar'") }
      do { _ = try ShardPattern.names(pattern) } catch { throw failure(node, "'shards': \(error)") }
      patterns.append(pattern)
    }
    guard !patterns.isEmpty else { throw failure(node, "'shards' is empty") }
    return .shards(
      patterns, images: try fields("images", in: value), masks: try fields("masks", in: value),
      root: try string("root", in: value) ?? "")
  }

  private func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .control }

  /// The endings that follow the key in the names of a shard's members: one or several texts, divided by `;` as in WebDataset.
  private func fields(_ key: String, in node: Node) throws(DataError) -> [String]? {
    guard let text = try string(key, in: node) else { return nil }
    let fields = text.split(separator: ";", omittingEmptySubsequences: false).map { $0.lowercased() }
    guard fields.allSatisfy({ !$0.isEmpty && !$0.contains("/") && !$0.hasPrefix(".") }) else {
      throw failure(
        node[key] ?? node,
        "'\(key)' of shards: expected what follows the key in the members' names, such as jpg or "
          + "seg.png;mask.png")
    }
    return fields
  }

  /// The files that a folder's path, or a mapping with `folder` and parts of the names, stands for; `nil` if the key is
  /// absent.
  private func pattern(_ key: String, in node: Node) throws(DataError) -> NamePattern? {
    guard let value = node[key] else { return nil }
    guard value.mapping != nil else {
      guard let folder = try string(key, in: node) else { return nil }
      return NamePattern(folder: folder)
    }
    try allow(["folder", "prefix", "suffix", "match"], in: value, "'\(key)'")
    guard let folder = try string("folder", in: value) else { throw failure(value, "'\(key)' lacks 'folder'") }
    let (prefix, suffix) = (try string("prefix", in: value) ?? "", try string("suffix", in: value) ?? "")
    guard !prefix.contains("/"), !suffix.contains("/") else {
      throw failure(value, "'prefix' and 'suffix' of '\(key)' are parts of a file's name, without '/'")
    }
    guard let node = value["match"], let match = try string("match", in: value) else {
      return NamePattern(folder: folder, prefix: prefix, suffix: suffix)
    }
    guard prefix.isEmpty, suffix.isEmpty else {
      throw failure(node, "'match' of '\(key)' is for whole paths, without 'prefix' and 'suffix'")
    }
    do { return NamePattern(folder: folder, matching: try PathExpression(match)) } catch {
      throw failure(node, "'match' of '\(key)': \(error)")
    }
  }
}
