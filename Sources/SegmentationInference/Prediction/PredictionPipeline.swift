import Foundation
import SegmentationImage

/// Labels images while others are read and results are written: one thread reads ahead, the calling thread runs the
/// network, one thread writes.
///
/// Results are written and messages appear in the order of the images, whatever finishes first. An image that cannot be
/// labelled is reported and left out; a result that cannot be written ends the run, since no other could be written either.
package struct PredictionPipeline {
  private let predictor: Predictor
  private let writer: PredictionWriter
  private let orientation: ExifOrientation
  /// How many images of one size in a row are labelled together.
  private let batchSize: Int
  /// Whether the first image that cannot be labelled ends the run.
  private let stopsAtFirstFailure: Bool

  /// How a run went.
  package struct Outcome {
    /// The names of the images that could not be labelled.
    package var failures: [String] = []
    /// The engines that computed the classes.
    package var engines: Set<String> = []
  }

  package init(
    _ predictor: Predictor, writer: PredictionWriter, orientation: ExifOrientation, batchSize: Int,
    stopsAtFirstFailure: Bool
  ) {
    self.predictor = predictor
    self.writer = writer
    self.orientation = orientation
    self.batchSize = batchSize
    self.stopsAtFirstFailure = stopsAtFirstFailure
  }

  private typealias Job = PredictionPlan.Job

  private enum Step: Sendable {
    case labelled(Job, SegmentedImage)
    case failed(Job, any Error)
    case note(String)
  }

  /// - Parameters:
  ///   - report: Receives the lines about images that could not be labelled, and the predictor's notes.
  ///   - progress: Receives the numbers of images that are done and of all.
  /// - Throws: The error that ended the run.
  package func run(
    _ jobs: [PredictionPlan.Job], report: @escaping @Sendable (String) -> Void,
    progress: @escaping @Sendable (Int, Int) -> Void
  ) throws -> Outcome {
    let images = BoundedQueue<(job: PredictionPlan.Job, image: Result<SourceImage, any Error>)>(capacity: batchSize + 1)
    let steps = BoundedQueue<Step>(capacity: batchSize + 1)
    let (orientation, normalization) = (orientation, predictor.normalization)
    Thread.detachNewThread {
      for job in jobs {
        let image = Result<SourceImage, any Error> {
          try SourceImage(contentsOf: URL(filePath: job.path), for: normalization, orientation: orientation)
        }
        if !images.put((job, image)) { break }
      }
      images.finish()
    }
    let last = LastStage(
      writer: writer, count: jobs.count, stopsAtFirstFailure: stopsAtFirstFailure, report: report, progress: progress)
    let isDone = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      while let step = steps.take(), last.take(step) {}
      steps.cancel()
      isDone.signal()
    }
    let engines = label(
      images, into: steps, wantsConfidence: jobs.contains { $0.outputs.contains { $0.product == .probability } })
    images.cancel()
    steps.finish()
    isDone.wait()
    if let error = last.error { throw error }
    return Outcome(failures: last.failures, engines: engines)
  }

  /// Labels images until none comes, or nobody wants more.
  private func label(
    _ images: BoundedQueue<(job: PredictionPlan.Job, image: Result<SourceImage, any Error>)>,
    into steps: BoundedQueue<Step>,
    wantsConfidence: Bool
  ) -> Set<String> {
    var engines: Set<String> = []
    var batch: [(job: Job, image: SourceImage)] = []
    var isWanted = true
    predictor.note = { if isWanted { isWanted = steps.put(.note($0)) } }
    func send(_ step: Step) { if isWanted { isWanted = steps.put(step) } }
    func flush() {
      for (item, result) in zip(batch, labelTogether(batch.map(\.image), wantsConfidence)) {
        switch result {
        case .success(let found):
          engines.insert(predictor.lastEngine.rawValue)
          send(.labelled(item.job, found))
        case .failure(let error): send(.failed(item.job, error))
        }
      }
      batch = []
    }
    while isWanted, let (job, image) = images.take() {
      switch image {
      case .success(let image):
        if let last = batch.last, last.image.size != image.size { flush() }
        batch.append((job, image))
        if batch.count == batchSize { flush() }
      case .failure(let error):
        flush()
        send(.failed(job, error))
      }
    }
    if isWanted { flush() }
    return engines
  }

  /// Labels images of one size. If that fails, each is tried by itself, so that only those fail that have to.
  private func labelTogether(_ images: [SourceImage], _ wantsConfidence: Bool) -> [Result<SegmentedImage, any Error>] {
    if images.count > 1, let found = try? predictor.label(images, wantsConfidence: wantsConfidence) {
      return found.map { .success($0) }
    }
    return images.map { image in Result { try predictor.label([image], wantsConfidence: wantsConfidence)[0] } }
  }

  /// Writes results and reports failures, one after the other. One thread uses it, and another reads it after that ended.
  private final class LastStage: @unchecked Sendable {
    private let writer: PredictionWriter
    private let count: Int
    private let stopsAtFirstFailure: Bool
    private let report: @Sendable (String) -> Void
    private let progress: @Sendable (Int, Int) -> Void
    private var done = 0
    private(set) var failures: [String] = []
    private(set) var error: (any Error)?

    init(
      writer: PredictionWriter, count: Int, stopsAtFirstFailure: Bool, report: @escaping @Sendable (String) -> Void,
      progress: @escaping @Sendable (Int, Int) -> Void
    ) {
      self.writer = writer
      self.count = count
      self.stopsAtFirstFailure = stopsAtFirstFailure
      self.report = report
      self.progress = progress
    }

    /// False if nothing more is wanted.
    func take(_ step: Step) -> Bool {
      switch step {
      case .note(let line): report(line)
      case .failed(let job, let error):
        guard count > 1, !stopsAtFirstFailure, Self.concernsOneImage(error) else {
          self.error = error
          return false
        }
        report(error is ImageError ? "\(error)" : "\(job.path): \(error)")
        failures.append(job.name)
        done += 1
      case .labelled(let job, let prediction):
        do { try writer.write(prediction, to: job.outputs) } catch {
          self.error = error
          return false
        }
        done += 1
        progress(done, count)
      }
      return true
    }

    /// Whether other images may be labelled all the same.
    private static func concernsOneImage(_ error: any Error) -> Bool {
      switch error {
      case EngineError.precision, EngineError.calibration, EngineError.unsupported: false
      default: true
      }
    }
  }
}
