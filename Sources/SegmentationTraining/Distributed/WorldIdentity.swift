import Foundation
import SegmentationData
import SegmentationModels
import Torch
import Yams

/// The options and data that must be the same in all processes of a run. The processes compare them once they have met.
struct WorldIdentity: Codable {
  /// The files of a split.
  struct Files: Codable, Equatable {
    let images: Int
    let hash: String
  }

  let host: String
  let version: String
  /// The value of each option by its key.
  let options: [String: String]
  let classes: [String]
  let files: [String: Files]

  /// The options that may differ, because they say where things are on a machine, or how fast to run, but not what is
  /// computed.
  private static let own = [
    "output", "device", "threads", "continue_from", "data.root", "data.workers", "data.prefetch", "data.cache",
    "data.cache_gigabytes", "data.cache_folder", "model.initial", "model.backbone_weights", "distillation.checkpoint",
  ]

  init(_ options: TrainingOptions, _ dataset: Dataset) throws {
    host = ProcessInfo.processInfo.hostName
    version = "\(rtsegVersion) with libtorch \(Libtorch.version)"
    var flat = Self.flat(OptionTree(options).node(by: \.key))
    for key in flat.keys where Self.own.contains(key) || key.hasPrefix("logging.") { flat[key] = nil }
    // A data set's card is compared by the classes and files that it declares, not by its path.
    if let name = flat["data.dataset"], name.contains("/") { flat["data.dataset"] = nil }
    self.options = flat
    classes = dataset.labels.names
    var files: [String: Files] = [:]
    for split: Split in options.validation.enabled ? [.train, .val] : [.train] {
      files[split.rawValue] = Files(
        images: try dataset.samples(of: split).count, hash: try dataset.fingerprint(of: [split]))
    }
    self.files = files
  }

  private static func flat(_ node: Node, path: [String] = []) -> [String: String] {
    guard let mapping = node.mapping else {
      return [
        path.joined(separator: "."): (try? serialize(node: node, width: -1))?.trimmingCharacters(in: .newlines) ?? ""
      ]
    }
    return mapping.reduce(into: [:]) { result, pair in
      result.merge(flat(pair.value, path: path + [pair.key.string ?? ""])) { $1 }
    }
  }

  /// One line about the first difference between process 0 and another process; `nil` if there is none.
  static func difference(_ all: [WorldIdentity]) -> String? {
    guard let first = all.first else { return nil }
    for (rank, other) in all.enumerated().dropFirst() {
      let here = "rank 0 (on \(first.host.printable(limit: 80)))"
      let there = "rank \(rank) (on \(other.host.printable(limit: 80)))"
      if first.version != other.version {
        return "\(here) runs rtseg \(first.version), \(there) \(other.version.printable(limit: 80)); install the same"
      }
      for key in Set(first.options.keys).union(other.options.keys).sorted()
      where first.options[key] != other.options[key] {
        func value(_ identity: WorldIdentity) -> String { (identity.options[key] ?? "not set").printable(limit: 80) }
        return
          "\(key.printable(limit: 80)): \(here) was given \(value(first)), \(there) \(value(other)); start all processes "
          + "with the same configuration"
      }
      if first.classes != other.classes {
        return
          "data.dataset: \(there) has other classes than \(here): \(other.classes.count), not \(first.classes.count), or "
          + "others in another order; give all processes the same data"
      }
      for (split, files) in first.files.sorted(by: { $0.key < $1.key }) {
        guard let found = other.files[split], found != files else { continue }
        return "data.root: \(there) has other files of the split '\(split)' than \(here): "
          + (found.images == files.images
            ? "as many images, but other names or sizes" : "\(found.images) images, not \(files.images)")
          + "; give all processes the same data"
      }
    }
    return nil
  }
}

extension TrainingWorld {
  /// Makes sure that all processes train the same network in the same way on the same data.
  /// - Throws: `TrainingError` in all processes if they differ.
  func compare(_ options: TrainingOptions, _ dataset: Dataset) throws {
    guard group != nil else { return }
    if let difference = WorldIdentity.difference(try gather(WorldIdentity(options, dataset))) {
      throw TrainingError(difference)
    }
  }
}
