import Basics
import Files
import Foundation
import SegmentationData
import SegmentationImage

/// Writes a run's measurements and some of its validation images for TensorBoard.
///
/// A run that is resumed writes a new file, which makes TensorBoard forget what was measured after the checkpoint.
final class TensorBoard: TrainingObserver {
  private static let secondsBetweenWrites = 2.0
  private static let longestSide = 640

  private let folder: URL
  private var file: EventFile?
  private var samples: SampleChoice
  private var lastWrite = ContinuousClock.now
  /// Whether the images and labels, which are the same in each validation, have been written.
  private var hasInputs = false

  /// - Throws: `TrainingError` if no file can be created in the folder.
  init(_ options: TrainingOptions) throws {
    let path = options.logging.tensorboardFolder ?? "\(options.output)/tensorboard"
    folder = URL(filePath: path)
    samples = SampleChoice(count: options.logging.images)
    do { try EventFile.check(folder: path) } catch { throw Self.failure(error) }
  }

  private static func failure(_ error: FileError) -> TrainingError {
    TrainingError(
      "logging.tensorboard_folder: \(error); choose another folder, or turn TensorBoard off with --no-tensorboard")
  }

  func runBegan(_ trainer: Trainer) throws {
    do { file = try EventFile(in: folder) } catch { throw Self.failure(error) }
    samples.total = trainer.validationData?.sampleCount ?? 0
    file?.write(.start(step: trainer.step + 1))
    if trainer.step == 0 {
      let yaml = ConfigurationLoader(defaults: TrainingOptions()).yaml(trainer.options)
      let lines = yaml.split(separator: "\n").map { "    \($0)" }
      file?.write(.text(lines.joined(separator: "\n"), name: "configuration", step: 0))
    }
    flush(trainer)
  }

  func stepEnded(_ progress: StepProgress, _ trainer: Trainer) {
    samples.beginAgain()
    file?.write(.numbers(TrackedValues.of(progress), step: progress.runStep))
    if (ContinuousClock.now - lastWrite).seconds >= Self.secondsBetweenWrites { flush(trainer) }
  }

  func epochEnded(_ row: MetricsRow, _ trainer: Trainer) {
    file?.write(.numbers(TrackedValues.ofEpoch(row), step: row.step))
    flush(trainer)
  }

  func batchLabelled(_ batch: Batch, _ predictions: Predictions, _ trainer: Trainer) {
    guard file != nil else { return }
    samples.add(
      batch, predictions, trainer.options.augmentation, type: trainer.options.data.pixelType,
      longestSide: Self.longestSide)
  }

  func validationEnded(_ row: MetricsRow, _ trainer: Trainer) throws {
    file?.write(.numbers(TrackedValues.ofValidation(row), step: row.step))
    let palette = trainer.dataset.labels.palette
    for (index, sample) in samples.chosen.enumerated() {
      var images = [(name: "sample \(index + 1)/prediction", image: sample.prediction.colored(by: palette))]
      if !hasInputs {
        images.append(("sample \(index + 1)/input", sample.image))
        images.append(("sample \(index + 1)/label", sample.label.colored(by: palette)))
      }
      file?.write(try .images(images, step: row.step))
    }
    hasInputs = true
    samples.beginAgain()
    flush(trainer)
  }

  func runEnded(_ summary: TrainingSummary, _ trainer: Trainer) { flush(trainer) }

  func runFailed(_ error: any Error, _ trainer: Trainer) { flush(trainer) }

  /// Writes the events that are pending. A failure must not end the run, which goes on without an event file.
  private func flush(_ trainer: Trainer) {
    lastWrite = .now
    do { try file?.flush() } catch {
      file = nil
      trainer.log.warn("\(error); going on without TensorBoard")
    }
  }
}
