import SegmentationModels
import Torch

/// The number of classes that a network is made for, and who chose it.
struct ClassCount {
  enum Source {
    /// The card in the checkpoint.
    case card
    /// `--classes`.
    case option(isDefault: Bool)
    /// The classes of `--dataset`.
    case dataset(String, isDefault: Bool)
  }

  let count: Int
  let source: Source

  init(_ count: Int, from source: Source) {
    self.count = count
    self.source = source
  }

  /// Why weights do not fit, in one line. Weights of another number of classes are told from those of another network.
  func error(_ mismatch: StateMismatch, file: String, network: Architecture) -> CommandError {
    guard let found = found(in: mismatch) else {
      return CommandError("\(file): \(mismatch) (\(network.name), \(count) classes)")
    }
    let start = "\(file): its weights are of \(found) classes and the network was made for \(count), "
    switch source {
    case .card: return CommandError(start + "which the card in the file gives: the file is damaged")
    case .option(let isDefault):
      return CommandError(start + "\(isDefault ? "the default of" : "as given by") --classes: give --classes \(found)")
    case .dataset(let name, let isDefault):
      return CommandError(
        start + "those of \(name)\(isDefault ? ", the default of --dataset" : ""): "
          + "give a data set or card with the \(found) classes by --dataset")
    }
  }

  /// The number of classes that all misshapen weights speak of, if that alone is the difference.
  func found(in mismatch: StateMismatch) -> Int? {
    guard mismatch.missing.isEmpty, mismatch.unexpected.isEmpty, count > 0 else { return nil }
    let numbers = Set(mismatch.misshapen.map { classes(found: $0.found, expected: $0.expected) })
    return numbers.count == 1 ? numbers.first! : nil
  }

  /// Some layers have several channels for each class.
  private func classes(found: [Int], expected: [Int]) -> Int? {
    guard found.count == expected.count else { return nil }
    let different = zip(found, expected).filter { $0 != $1 }
    guard different.count == 1, let (found, expected) = different.first, expected % count == 0 else { return nil }
    let channels = expected / count
    return channels > 0 && found % channels == 0 && found > 0 ? found / channels : nil
  }
}
