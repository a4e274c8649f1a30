import ArgumentParser
import SegmentationTraining

extension ArgumentHelp {
  /// The help of an option that sets a key of the configuration: the first sentence of the key's meaning, the key, the
  /// values if they are a fixed few, and the default.
  /// - Parameters:
  ///   - text: Other sentences in place of the key's meaning.
  ///   - standard: Words for the default in place of the key's own.
  static func key(
    _ key: String, _ text: String? = nil, default standard: String? = nil, valueName: String? = nil
  ) -> ArgumentHelp {
    guard let entry = OptionReference.training[key] else { preconditionFailure("there is no key \(key)") }
    var facts = ["key: \(key)"]
    if !entry.choices.isEmpty { facts.append("values: \(entry.choices.map(\.value).joined(separator: ", "))") }
    facts.append("default: \(standard ?? entry.shownDefault ?? "none")")
    let summary = entry.summary.replacing("`", with: "")
    return ArgumentHelp("\(text ?? summary) (\(facts.joined(separator: "; ")))", valueName: valueName)
  }
}
