import Yams

extension OptionNode {
  /// A mapping without the key at a path; nil if the key is not there.
  static func removing(_ path: ArraySlice<String>, from node: Node) -> Node? {
    guard let name = path.first, case .mapping(let mapping) = node,
      let index = mapping.firstIndex(where: { $0.key.string == name })
    else { return nil }
    var pairs = mapping.map { ($0.key, $0.value) }
    if path.count == 1 {
      pairs.remove(at: mapping.distance(from: mapping.startIndex, to: index))
    } else {
      // An inner key that is not there, such as one of a default, leaves nothing to remove.
      guard let inner = removing(path.dropFirst(), from: mapping[index].value) else { return nil }
      pairs[mapping.distance(from: mapping.startIndex, to: index)].1 = inner
    }
    return .mapping(.init(pairs, mapping.tag, mapping.style, mapping.mark))
  }
}
