extension LabelSet {
  /// The name of a class, or "ignored".
  func name(_ id: UInt8) -> String { id == LabelSet.ignored ? Self.ignoredName : names[Int(id)] }

  /// The raw values or colors of the map as cards write them, each with the class that it stands for.
  private var entries: [(key: String, meaning: String)] {
    switch encoding {
    case .values(let map): map.map { ("\($0.key)", name($0.value)) }
    case .colors(let map, _): map.map { ($0.key.description, name($0.value)) }
    }
  }

  /// The present map, completed. Unlisted values go to the classes that never occur if there are as many of both (as
  /// with a mask of 0 and 255 for two classes); otherwise they are ignored. Blends are ignored. If all labelled pixels
  /// have one class, ignored values are treated like unlisted ones. The result is `nil` if the map needs no change.
  func proposedMap(for reports: [DataReport.SplitReport]) -> String? {
    let found = reports.flatMap(\.rawValues)
    let absent = names.filter { name in !found.contains { $0.meaning == name } }
    let hasBlends = reports.contains { $0.blends != nil }
    func values(_ meaning: String?) -> [String] {
      found.filter { $0.meaning == meaning }.map(\.value).reduce(into: []) { list, value in
        if !list.contains(value) { list.append(value) }
      }
    }
    var unlisted = values(nil)
    if unlisted.isEmpty, !hasBlends {
      let ignored = values("ignored")
      guard names.count > 1, absent.count == names.count - 1, ignored.count == absent.count else { return nil }
      unlisted = ignored
    }
    var lines = entries.filter { entry in
      !unlisted.contains(entry.key)
        && (found.contains { $0.value == entry.key } || !absent.contains(entry.meaning) || hasBlends)
    }
    for (index, value) in unlisted.enumerated() {
      lines.append((value, absent.count == unlisted.count ? absent[index] : "ignored"))
    }
    lines.sort { (Int($0.key) ?? 0, $0.key) < (Int($1.key) ?? 0, $1.key) }
    let map = lines.reduce("map:\n") { text, line in
      text + "  \(line.key.hasPrefix("#") ? "\"\(line.key)\"" : line.key): \(line.meaning)\n"
    }
    return hasBlends ? map + "background: ignored\n" : map
  }
}
