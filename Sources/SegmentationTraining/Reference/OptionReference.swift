import Basics
import Files

/// All keys of a configuration with their defaults and meanings, in the order of declaration.
package struct OptionReference: Sendable {
  /// The keys that people set often.
  package static let dailyKeys = [
    "output", "epochs", "batch_size", "accumulation", "seed", "device", "threads", "amp", "model.name", "model.decoder",
    "model.encoder", "model.auxiliary", "model.initial", "model.backbone_weights", "data.dataset", "data.root",
    "data.validation_share", "data.workers", "data.cache", "augmentation.scale_range", "augmentation.crop_size",
    "augmentation.brightness", "augmentation.contrast", "augmentation.saturation", "augmentation.horizontal_flip",
    "objective.terms", "objective.class_weights", "optimizer.kind", "optimizer.learning_rate", "optimizer.momentum",
    "optimizer.weight_decay", "schedule.policy", "schedule.warmup_epochs", "averaging.enabled", "validation.enabled",
    "validation.interval", "validation.monitor", "validation.scales", "validation.flip", "validation.tile",
    "stopping.patience", "distillation.teacher", "distillation.checkpoint", "logging.interval", "logging.tensorboard",
    "logging.mlflow",
  ]

  /// The keys of one element of a list, such as those of the loss `dice` in `objective.terms`.
  package struct Element: Sendable {
    /// The key of the list.
    package let list: String
    /// The name of the element: the loss, or "rule".
    package let name: String
    package let meaning: String
    package let entries: [OptionEntry]

    /// The name of a key of this element among all keys of all elements.
    func path(of entry: OptionEntry) -> String { "\(list).\(name).\(entry.key)" }
  }

  /// All keys.
  package let entries: [OptionEntry]
  /// The losses of `objective.terms` and the rules of `optimizer.rules`.
  package let elements: [Element]
  /// The sections' introductions by their key.
  package let introductions: [String: String]
  /// The names of the declarations that the meanings come from, such as
  /// `SegmentationTraining.TrainingOptions.epochs`.
  package let declarations: Set<String>

  /// The reference of `TrainingOptions`.
  package static let training = OptionReference(
    meanings: OptionMeanings.texts, ranges: OptionMeanings.ranges)

  /// - Parameters:
  ///   - meanings: The text of each declaration.
  ///   - ranges: What `findRanges` gives.
  package init(meanings: [String: String], ranges: [String: String] = [:]) {
    var builder = OptionReferenceBuilder(meanings: meanings, ranges: ranges)
    entries = builder.entries(of: OptionTree(TrainingOptions()))
    let losses = LossTerm.kinds.map { kind in
      Element(
        list: "objective.terms", name: kind.name, meaning: builder.meaning(of: String(reflecting: kind)),
        entries: builder.entries(ofProperties: kind.init(), in: "objective.terms.\(kind.name)"))
    }
    let rule = Element(
      list: "optimizer.rules", name: "rule", meaning: builder.meaning(of: String(reflecting: ParameterRule.self)),
      entries: builder.entries(ofProperties: ParameterRule("*"), in: "optimizer.rules.rule"))
    elements = losses + [rule]
    introductions = builder.introductions
    declarations = builder.declarations
  }

  /// The entry of a key.
  package subscript(key: String) -> OptionEntry? { entries.first { $0.key == key } }

  /// The keys that people set often.
  package var dailyEntries: [OptionEntry] { Self.dailyKeys.compactMap { self[$0] } }

  /// The keys that several texts name, in the order of declaration.
  /// - Throws: `ConfigurationError.invalid` for a text that names none.
  package func entries(named texts: [String]) throws(ConfigurationError) -> [OptionEntry] {
    var keys: Set<String> = []
    for text in texts { keys.formUnion(try entries(named: text).map(\.key)) }
    return entries.filter { keys.contains($0.key) }
  }

  /// The keys that a text names: the key itself with all keys inside it, or else the keys that contain the text.
  /// - Throws: `ConfigurationError.invalid` with the nearest key if there is none.
  package func entries(named text: String) throws(ConfigurationError) -> [OptionEntry] {
    let exact = entries.filter { $0.key == text || $0.key.hasPrefix(text + ".") }
    let found = exact.isEmpty ? entries.filter { $0.key.contains(text) } : exact
    guard text.isEmpty || found.isEmpty else { return found }
    let nearest = OptionKey.nearest(to: text, among: entries.map(\.key))
    throw .invalid(
      location: nil, key: text.printable(limit: 80),
      reason: "there is no such key; "
        + (nearest.map { "did you mean '\($0)'?" } ?? "rtseg config --all lists every key"))
  }
}
