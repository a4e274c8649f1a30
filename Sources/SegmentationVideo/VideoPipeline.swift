import Basics
import Foundation
import SegmentationImage
import SegmentationInference
import Synchronization

/// Labels a video: one thread reads frames from ffmpeg and turns them into RGB, the calling thread runs the network, and one
/// thread paints the results and writes them. Queues of a few frames lie between them.
///
/// Frames of a file wait for the network. Frames of a live source do not: if the network is slower, the oldest ones are
/// dropped and counted.
package final class VideoPipeline: Sendable {
  private let job: VideoJob
  private let state = Mutex(VideoSummary())

  private typealias Input = (number: Int, frame: VideoFrame, image: Image)

  package init(_ job: VideoJob) { self.job = job }

  /// Runs until the video ends or is interrupted.
  /// - Parameters:
  ///   - note: Receives lines on what is otherwise than one might expect.
  ///   - progress: Receives what was done so far.
  /// - Returns: How it went.
  /// - Throws: The error that ended the run. If the video ends early, what was labelled until there is written.
  package func run(
    _ predictor: Predictor, note: @escaping @Sendable (String) -> Void,
    progress: @escaping @Sendable (VideoSummary) -> Void
  ) throws -> VideoSummary {
    try predictor.requireFrames()
    let input = job.input
    if let matrix = input.stream.color.unknownMatrix {
      note("\(input.source.name): colors of \(matrix) are taken for BT.709")
    }
    let labeller = try FrameLabeller(
      predictor, color: input.stream.color, smoothing: job.options.smoothing,
      wantsConfidence: job.options.products.contains(.probability))
    let reader = try FrameReader(input)
    let writer: any FrameWriter
    do { writer = try job.makeWriter(palette: predictor.palette, note: note) } catch {
      reader.stop()
      throw error
    }
    do { try labeller.prepare(input.stream.size) } catch {
      reader.stop()
      writer.abandon()
      throw error
    }
    let frames = BoundedQueue<Input>(capacity: 3)
    let results = BoundedQueue<LabelledFrame>(capacity: 3)
    let reading = Stage { [self] in try read(reader, into: frames) }
    let writing = Stage { [self] in try write(results, to: writer, progress) }
    let labelling = Result { try label(frames, by: labeller, into: results) }
    frames.cancel()
    let early = reading.wait()
    results.finish()
    let failure = writing.wait()
    var summary = state.withLock { $0 }
    summary.isInterrupted = input.isInterrupted()
    (summary.flickerBefore, summary.flickerAfter) = (labeller.flicker?.before, labeller.flicker?.after)
    summary.damage = reader.damage
    do {
      if let failure { throw failure }
      try labelling.get()
      if summary.frames == 0, let early { throw early }
      if summary.frames == 0, summary.isInterrupted {
        writer.abandon()
        return summary
      }
      try writer.finish(isInterrupted: summary.isInterrupted)
      summary.seconds = elapsed
    } catch {
      writer.abandon()
      throw error
    }
    if let early { throw EarlyEnd(summary: summary, reason: early) }
    return summary
  }

  /// The end of a video before its time. What was labelled until there is written.
  package struct EarlyEnd: Error {
    package let summary: VideoSummary
    package let reason: any Error
  }

  // MARK: - Stages

  private func read(_ reader: FrameReader, into frames: BoundedQueue<Input>) throws {
    defer {
      frames.finish()
      reader.stop()
    }
    var number = 0
    while var frame = try reader.next() {
      let image = frame.image(job.input.stream.color)
      if number == 0 { start.withLock { $0 = .now } }
      let element: Input = (number, frame, image)
      if job.input.isLive {
        guard let dropped = frames.putInPlaceOfOldest(element) else { return }
        state.withLock { $0.dropped += dropped }
      } else if !frames.put(element) {
        return
      }
      number += 1
    }
  }

  private func label(
    _ frames: BoundedQueue<Input>, by labeller: FrameLabeller, into results: BoundedQueue<LabelledFrame>
  ) throws {
    var first: Int64?
    while !job.input.isInterrupted(), let (number, read, image) = frames.take() {
      var frame = read
      let origin = first ?? frame.time
      first = origin
      // A live source has sent frames before that nobody saw.
      if job.input.isLive { frame.time -= origin }
      let result = try labeller.label(frame, image: image)
      if !results.put(LabelledFrame(number: number, frame: frame, result: result)) { return }
    }
  }

  private func write(
    _ results: BoundedQueue<LabelledFrame>, to writer: any FrameWriter, _ progress: (VideoSummary) -> Void
  ) throws {
    // When it ends, nobody wants more.
    defer { results.cancel() }
    Pipe.blockBrokenPipeSignal()
    var origin: Double?
    while let frame = results.take() {
      let time = Double(frame.frame.time) * job.input.stream.timeBase.value
      try writer.write(frame)
      let summary = state.withLock { summary in
        summary.frames += 1
        origin = origin ?? time
        summary.videoSeconds = time - origin! + 1 / (job.input.stream.frameRate ?? 25)
        summary.seconds = elapsed
        return summary
      }
      progress(summary)
    }
  }

  /// The time at which the first frame came.
  private let start = Mutex<ContinuousClock.Instant?>(nil)

  /// The seconds since then.
  private var elapsed: Double { start.withLock { $0 }.map { (ContinuousClock.now - $0).seconds } ?? 0 }

  /// Work on a thread of its own, and the error that ended it.
  private final class Stage: @unchecked Sendable {  // the semaphore orders all access
    private let isDone = DispatchSemaphore(value: 0)
    private var error: (any Error)?

    init(_ work: @escaping () throws -> Void) {
      let box = Box(work)
      let thread = Thread { [self] in
        do { try box.work() } catch { self.error = error }
        isDone.signal()
      }
      thread.stackSize = 4 << 20
      thread.start()
    }

    func wait() -> (any Error)? {
      isDone.wait()
      return error
    }

    private final class Box: @unchecked Sendable {
      let work: () throws -> Void
      init(_ work: @escaping () throws -> Void) { self.work = work }
    }
  }
}
