import SegmentationModels

/// The spelling of configuration keys.
package enum OptionKey {
  /// The key of a property: `_` before each capital that follows a lower-case letter or a digit, then all in lower case
  /// (`warmupEpochs` becomes `warmup_epochs`, `useEMA` becomes `use_ema`). A key stays as it is.
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

  /// The candidate most like a key that is not among them; `nil` if none is similar enough.
  ///
  /// Keys are dotted. A key that lacks its group, or has another one, is found by its last part.
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
