import Foundation

extension OptionReference {
  /// The range of each key by its name, and of each key of an element of a list by `list.element.key`, in the words of
  /// the options' own check.
  ///
  /// The check is asked: it gets numbers far beyond use, and the refusal says what it expected. This takes a while, so
  /// that the result is kept in `OptionMeanings`.
  package func findRanges() -> [String: String] {
    var ranges: [String: String] = [:]
    for entry in entries { ranges[entry.key] = Self.range(entry, key: entry.key) { $0 } }
    for element in elements {
      let name = element.list == "objective.terms" ? "loss: \(element.name)" : "pattern: '*'"
      for entry in element.entries {
        ranges[element.path(of: entry)] = Self.range(entry, key: element.list) { "[{\(name), \(entry.key): \($0)}]" }
      }
    }
    return ranges
  }

  private static func range(_ entry: OptionEntry, key: String, value: (String) -> String) -> String? {
    let loader = ConfigurationLoader(defaults: TrainingOptions())
    for probe in probes(of: entry.type) {
      let override = ConfigurationOverride(key, yaml: value(probe), source: "range")
      do { _ = try loader.load(yaml: "", name: "range", overrides: [override]) } catch {
        guard case .invalid(_, let refused, let reason) = error, refused.hasSuffix(entry.key),
          reason.hasPrefix("expected "), let end = reason.range(of: ", found ", options: .backwards)
        else { continue }
        return String(reason[..<end.lowerBound].dropFirst("expected ".count)).replacing(/(\d)\.0\b/) { "\($0.1)" }
      }
    }
    return nil
  }

  /// Values of a type that hardly any option takes.
  private static func probes(of type: String) -> [String] {
    switch type {
    case _ where type.hasPrefix("an integer"): ["-1000000000", "1000000000000"]
    case _ where type.hasPrefix("a number"): ["-1000000000.0", "1.0e+300"]
    case _ where type.hasPrefix("a list, each element a number"): ["[-1000000000.0]", "[]"]
    case _ where type.hasPrefix("a size"): ["1000000x1000000"]
    case _ where type.hasPrefix("two numbers"): ["[-1000000000.0, -1000000000.0]", "[1000000000.0, 1000000000.0]"]
    default: []
    }
  }
}
