/// Spelling of configuration keys.
package enum OptionKey {
  /// The key of a property: its name in snake case, without any capitals (`warmupEpochs` is `warmup_epochs`, `useEMA`
  /// is `use_ema`). A key stays as it is.
  package static func snakeCase(_ property: String) -> String { property.snakeCase.lowercased() }

  /// The candidate nearest to a key that is not among them, or nil if none is near.
  ///
  /// Keys are dotted. A key given without its group, or in another, is found by its last part.
  package static func nearest(to key: String, among candidates: [String]) -> String? {
    let name = lastPart(key)
    let limit = max(1, name.count / 3)
    var best: (key: String, distance: Int)?
    for candidate in candidates {
      let elsewhere = name.editDistance(to: lastPart(candidate)) + 1
      let distance = min(key.editDistance(to: candidate), elsewhere)
      if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.key
  }

  private static func lastPart(_ key: String) -> String {
    key.split(separator: ".").last.map(String.init) ?? key
  }
}
