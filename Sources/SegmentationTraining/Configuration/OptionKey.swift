import SegmentationModels

/// Spelling of configuration keys.
package enum OptionKey {
  /// The key of a property: `_` before each capital that follows a lower-case letter or a digit, then lower case
  /// (`warmupEpochs` is `warmup_epochs`, `useEMA` is `use_ema`). A key stays as it is.
  package static func snakeCase(_ property: String) -> String {
    var key = ""
    var previous: Character?
    for character in property {
      if character.isUppercase, let previous, previous.isLowercase || previous.isNumber { key.append("_") }
      key += character.lowercased()
      previous = character
    }
    return key
  }

  /// The candidate nearest to a key that is not among them, or nil where none is near.
  ///
  /// Keys are dotted. A key given without its group, or in another, is found by its last part.
  package static func nearest(to key: String, among candidates: [String]) -> String? {
    let name = lastPart(key)
    let limit = max(1, name.count / 3)
    var best: (key: String, distance: Int)?
    for candidate in candidates {
      let elsewhere = editDistance(name, lastPart(candidate)) + 1
      let distance = min(editDistance(key, candidate), elsewhere)
      if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.key
  }

  private static func lastPart(_ key: String) -> String {
    key.split(separator: ".").last.map(String.init) ?? key
  }
}
