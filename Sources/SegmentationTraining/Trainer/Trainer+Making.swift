import Foundation
import SegmentationData
import SegmentationModels
import Torch

extension Trainer {
  /// Trains a network on a data set: opens the data and, when resuming, takes up the run in the options' folder.
  ///
  /// The network may be one of your own, a subclass of `SegmentationModel`, and the data set too (`SegmentationDataset`).
  /// `options.model.name`, `decoder`, `encoder`, `auxiliary` and `detail` do not count, nor do `options.data.dataset` and
  /// `root` if a data set is given. Checkpoints carry the network's `name` and the classes and colors of the data set.
  /// - Parameters:
  ///   - model: The network that is trained, with the weights that it starts from. It moves to the device.
  ///   - dataset: The images and labels of its splits `train` and, unless `options.validation.enabled` is false, `val`.
  ///     If it is nil, `options.data` names the data set.
  ///   - objective: What is minimized, in place of the losses that `options.objective` names.
  ///   - resume: Whether the run in `options.output` goes on. The network then only needs the same parameters.
  ///   - world: The processes that train together.
  ///   - log: Makes the log that the run writes.
  /// - Throws: An error in one line if the options, the network and the data do not fit, or the folder cannot be used.
  public convenience init(
    model: SegmentationModel, dataset: Dataset? = nil, objective: (any Objective)? = nil, options: TrainingOptions,
    resume: Bool = false, world: TrainingWorld = .alone, log: ((URL) throws -> RunLog)? = nil
  ) throws {
    try self.init(
      model: model, dataset: dataset, objective: objective, options: options, start: resume ? .resumed : .new,
      world: world, log: log ?? Self.log(options))
  }

  /// The same with a data set of your own.
  public convenience init(
    model: SegmentationModel, dataset: some SegmentationDataset, objective: (any Objective)? = nil,
    options: TrainingOptions, resume: Bool = false, world: TrainingWorld = .alone,
    log: ((URL) throws -> RunLog)? = nil
  ) throws {
    try self.init(
      model: model, dataset: Dataset(dataset), objective: objective, options: options, resume: resume, world: world,
      log: log)
  }

  /// Trains the network that the options name on the data that they name: opens the data, builds the network and, when
  /// resuming, takes up the run in the options' folder.
  public convenience init(
    options: TrainingOptions, resume: Bool = false, log: ((URL) throws -> RunLog)? = nil
  ) throws {
    try self.init(options: options, start: resume ? .resumed : .new, log: log ?? Self.log(options))
  }

  /// The same as one of several processes, or as a rehearsal.
  /// - Parameter world: The processes that train together.
  public convenience init(
    options: TrainingOptions, start: Start, world: TrainingWorld = .alone, log: (URL) throws -> RunLog
  ) throws {
    try self.init(
      model: nil, dataset: nil, objective: nil, options: options, start: start, world: world, log: log)
  }

  private static func log(_ options: TrainingOptions) -> (URL) throws -> RunLog {
    { file in try RunLog(file: file, interval: options.logging.interval) }
  }
}

extension ModelOptions {
  /// The network that these options name, with the heads that they ask for.
  func makeModel(classes: Int = 19, imageChannels: Int) throws -> SegmentationModel {
    let architecture = try architecture()
    return try architecture.makeModel(classes: classes, heads: heads(of: architecture), inputChannels: imageChannels)
  }

  /// Says of a network that a program gives what these options say of one that they name.
  /// - Throws: `TrainingError` for a network that has the name of another one in the catalogue.
  mutating func describe(_ model: SegmentationModel) throws {
    let known = try? withDefaultDevice(.meta) { try Architecture(name: model.name).makeModel() }
    if let known, type(of: known) != type(of: model) {
      throw TrainingError(
        "the name of the network is \(model.name), which is that of another one in the catalogue: give it a name of its own"
      )
    }
    (name, decoder, encoder, custom) = (model.name, nil, nil, known == nil)
    singleScore = singleScore || model.hasSingleScore
  }
}
