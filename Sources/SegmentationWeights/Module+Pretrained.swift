import Files
import SegmentationModels
import Torch

/// An account of the use of a file of pretrained weights.
public struct PretrainedReport: Sendable, Equatable {
  /// The number of the module's tensors that the file gave.
  public var loaded = 0
  /// The number of the module's tensors.
  public var total = 0
  /// Keys of the file that were not used.
  public var unused: [String] = []
  /// Names of the module that the file has not.
  public var missing: [String] = []
  /// Names of first layers whose weights were made to fit images of other channels than RGB.
  public var adapted: [String] = []

  /// For people, the sum first.
  package func lines(file: String, module: String) -> [String] {
    let counters = missing.count(where: isBatchCounter)
    return ["\(file): \(loaded) of \(total) tensors of \(module) loaded"]
      + adapted.map { "  adapted      \($0): \(imageChannelsRule)" }
      + missing.filter { !isBatchCounter($0) }.map { "  not in it    \($0)" }
      + (counters > 0 ? ["  not in it    num_batches_tracked (\(counters) in all), which start at 0"] : [])
      + unused.map { "  not used     \($0.printable(limit: 200))" }
  }
}

extension Module {
  /// Copies pretrained weights into this module. Nothing is written unless all fit.
  ///
  /// The file may lack what `names` tells, and counters of batches, which older files have not.
  /// - Parameters:
  ///   - names: How the file spells this module's tensors.
  ///   - file: Where the weights come from, for errors.
  ///   - module: What this module is, for errors: "the backbone of linknet-resnet18".
  /// - Throws: `WeightsError` for weights of another network.
  @discardableResult
  public func loadPretrained(
    _ state: StateDictionary, names: PretrainedNames, file: String, module: String
  ) throws -> PretrainedReport {
    func refuse(_ problem: String) -> WeightsError {
      WeightsError(
        "\(file) does not fit \(module): \(problem); take weights of the very same classification network "
          + "(those of a whole segmentation network are for --init)")
    }
    var keys: [String: String] = [:]
    var report = PretrainedReport()
    for key in state.keys {
      if let name = names.name(key) { keys[name] = key } else { report.unused.append(key) }
    }
    let own = namedState
    report.total = own.count
    let known = Set(own.map(\.name))
    var fitting = StateDictionary()
    for (name, tensor) in own {
      guard let key = keys[name], let source = state[key] else {
        report.missing.append(name)
        continue
      }
      guard let fitted = source.fitted(toInputOf: tensor.shape) else {
        throw refuse("'\(key.printable(limit: 100))' has the shape \(source.shape), expected \(tensor.shape)")
      }
      if fitted.shape != source.shape { report.adapted.append(name) }
      fitting[name] = fitted
    }
    report.loaded = fitting.count
    if let key = state.keys.first(where: { names.name($0).map { !known.contains($0) } ?? false }) {
      throw refuse("'\(key.printable(limit: 100))' \(state[key]!.shape) has no place in it")
    }
    let lacking = report.missing.first { name in
      !isBatchCounter(name) && !names.added.contains(where: name.hasPrefix)
    }
    if let lacking { throw refuse("'\(lacking)' is not in the file") }
    try load(fitting, strict: false)
    return report
  }
}

/// The rule by which weights for RGB images are made to fit images of other channels, in one line.
package let imageChannelsRule = "RGB weights, summed for one channel, else repeated and multiplied by 3 / channels"

extension Tensor {
  /// This weight, or one for color images made to fit images of other channels: summed for one channel, else repeated
  /// and scaled so that sums stay about the same. `nil` where shapes differ in other ways.
  package func fitted(toInputOf expected: [Int]) -> Tensor? {
    if shape == expected { return self }
    guard rank == 4, expected.count == 4, shape[1] == 3, shape[0] == expected[0], shape[2...] == expected[2...]
    else { return nil }
    let channels = expected[1]
    if channels == 1 { return sum([1], keep: true) }
    return cat((0..<channels).map { slice($0 % 3..<$0 % 3 + 1, dimension: 1) }) * (3 / Double(channels))
  }
}
