import SegmentationModels

/// Where a command has the number of classes from, for its advice if a checkpoint has another one.
enum ClassSource {
  /// `--classes`.
  case option(isDefault: Bool)
  /// The classes of `--dataset`.
  case dataset(String, isDefault: Bool)

  /// Runs `body`; an error about a checkpoint gets the option that helps.
  func advising<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as NetworkCheckpointError { throw advising(error) }
  }

  /// The error with the option that helps.
  func advising(_ error: NetworkCheckpointError) -> CommandError {
    switch (error, self) {
    case (.unnamed, _): CommandError("\(error) with --model (rtseg models lists them)")
    case (.classes(_, let found, _), .option(let isDefault)):
      CommandError("\(error), \(isDefault ? "the default of" : "as given by") --classes: give --classes \(found)")
    case (.classes(_, let found, _), .dataset(let name, let isDefault)):
      CommandError(
        "\(error), those of \(name)\(isDefault ? ", the default of --dataset" : ""): "
          + "give a data set or card with the \(found) classes by --dataset")
    default: CommandError("\(error)")
    }
  }
}
