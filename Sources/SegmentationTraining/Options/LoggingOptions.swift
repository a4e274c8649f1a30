import Basics
import Files

/// These options set how a run reports its progress.
public struct LoggingOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// The number of seconds between two lines of progress in `log.txt`, and in the output if it is not a terminal.
  public var interval = 10.0
  /// The loss of every n-th step goes into `metrics.jsonl` and to MLflow; this is n. If it is null or 0, only the
  /// means of whole epochs are written.
  public var stepInterval: Int? = 50
  /// Whether the run writes event files for TensorBoard.
  public var tensorboard = true
  /// The folder for TensorBoard's event files. If this is null, it is the folder `tensorboard` inside the run's
  /// folder.
  public var tensorboardFolder: String?
  /// The number of validation images that TensorBoard shows after each validation, with their labels and the
  /// network's predictions.
  public var images = 4
  /// The address of an MLflow server that receives the run, such as `http://localhost:5000`. If this is null, no
  /// server receives it.
  public var mlflow: String?
  /// The name of the MLflow experiment that the run belongs to. The experiment is made if it does not exist.
  public var mlflowExperiment = "rtseg"

  /// Creates the default options.
  public init() {}

  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
  public func validate() throws {
    try require(interval > 0 && interval <= 86_400, "interval", "above 0, at most 86400 seconds", found: interval)
    try require(stepInterval ?? 0, in: 0...OptionLimits.steps, "stepInterval")
    try require(tensorboardFolder != "", "tensorboardFolder", "a folder or null", found: "nothing")
    try require(images, in: 0...64, "images")
    if let mlflow { _ = try MLflowAddress(mlflow) }
    let name = mlflowExperiment
    try require(
      !name.isEmpty && name.utf8.count <= 500 && name.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 },
      "mlflowExperiment", "a name of at most 500 bytes without control characters", found: name.printable(limit: 80))
  }

  /// Whether a step, counted from the start of the run, is one of those that are written down.
  func records(step: Int) -> Bool {
    guard let stepInterval, stepInterval > 0 else { return false }
    return step % stepInterval == 0
  }
}
