import Basics
import Foundation

/// A message or the progress of a run as a JSON object, for programs that read the output of a run.
package struct LogEntry: Encodable {
  package enum Level: String, Encodable, Sendable {
    case info, warning, error
    /// The message says how the run ended.
    case result
    /// The entry says how far the run is.
    case progress
  }

  private var time: Date
  private var level: Level
  private var rank: Int
  private var message: String?
  private var epoch: Int?
  private var epochs: Int?
  /// The number of the step within its epoch.
  private var step: Int?
  private var stepsPerEpoch: Int?
  /// The number of steps since the start of the run.
  private var runStep: Int?
  private var loss: Double?
  private var lossParts: [String: Double]?
  private var learningRate: Double?
  private var imagesPerSecond: Double?
  private var dataShare: Double?
  private var stepSeconds: Double?
  private var secondsLeft: Double?
  private var memoryBytes: Int?

  package init(_ level: Level, _ message: String, rank: Int = 0, time: Date = Date()) {
    self.time = time
    self.level = level
    self.rank = rank
    self.message = message
  }

  init(_ line: ProgressLine, rank: Int, time: Date) {
    let progress = line.progress
    self.time = time
    level = .progress
    self.rank = rank
    epoch = progress.epoch
    epochs = progress.epochs
    step = progress.step
    stepsPerEpoch = progress.stepsPerEpoch
    runStep = progress.runStep
    loss = progress.loss
    lossParts = progress.lossParts.isEmpty ? nil : progress.lossParts
    learningRate = progress.learningRate
    imagesPerSecond = line.pace.imagesPerSecond
    dataShare = line.pace.dataShare
    stepSeconds = line.pace.stepSeconds
    secondsLeft = line.secondsLeft
    memoryBytes = progress.memory
  }

  /// The object as text, followed by a newline. Numbers that are not finite become text: `nan`, `inf` and `-inf`.
  package var line: String {
    let encoder = JSONEncoder.snakeCase()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    } catch {
      preconditionFailure("a log entry is always encodable: \(error)")
    }
  }
}
