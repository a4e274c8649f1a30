import Foundation
import SegmentationImage

/// The batches in preparation and the threads that fill them, slot by slot in order.
final class LoadingQueue: @unchecked Sendable {
  private let condition = NSCondition()
  private var batches: [PendingBatch] = []
  private var isStopped = false
  /// By image: what is wrong with it or its mask.
  private var skipped: [String: String] = [:]

  let samples: [Sample]
  private let labels: LabelSet
  private let transform: SampleTransform
  private let orientation: ExifOrientation
  private let seed: UInt64
  private let skipsBadFiles: Bool
  /// Whether a bad file's place is taken by the next good sample; otherwise it counts for nothing.
  private let replacesBadFiles: Bool
  /// The calling thread's reader, for loaders without workers.
  private lazy var ownReader = makeReader()
  private let workers: Int

  init(
    samples: [Sample], labels: LabelSet, transform: SampleTransform, orientation: ExifOrientation, seed: UInt64,
    workers: Int, skipsBadFiles: Bool, replacesBadFiles: Bool
  ) {
    self.samples = samples
    self.labels = labels
    self.transform = transform
    self.orientation = orientation
    self.seed = seed
    self.workers = workers
    self.skipsBadFiles = skipsBadFiles
    self.replacesBadFiles = replacesBadFiles
  }

  /// Starts the worker threads; they end with `stop`.
  func start() {
    for number in 0..<workers {
      let thread = Thread { self.work() }
      thread.name = "rtseg loader \(number)"
      thread.stackSize = 1 << 20
      thread.start()
    }
  }

  func stop() {
    condition.withLock {
      isStopped = true
      batches = []
      condition.broadcast()
    }
  }

  var count: Int { condition.withLock { batches.count } }
  var leftOut: [LeftOutFile] {
    condition.withLock { skipped.map { LeftOutFile(file: $0.key, reason: $0.value) } }.sorted { $0.file < $1.file }
  }

  func noteSkipped(_ file: String, _ error: any Error) {
    condition.withLock { skipped[file] = "\(error)" }
  }

  private func isSkipped(_ file: String) -> Bool { condition.withLock { skipped[file] != nil } }

  func append(_ batch: PendingBatch) {
    condition.withLock {
      batches.append(batch)
      condition.broadcast()
    }
  }

  /// Drops what was not handed out.
  func clear() {
    condition.withLock { batches = [] }
  }

  /// Waits for the first batch and takes it out. Throws the first error among its slots.
  func takeFirst() throws -> PendingBatch {
    condition.lock()
    defer { condition.unlock() }
    let batch = batches[0]
    while batch.remaining > 0 {
      if workers > 0 { condition.wait() } else { fillNextSlot(ownReader) }
    }
    batches.removeFirst()
    if let slot = batch.errors.keys.min() { throw batch.errors[slot]! }
    return batch
  }

  /// What is said if all samples are bad.
  var noneReadable: String {
    let first = leftOut.first.map { ", the first because: \($0)" } ?? ""
    return "none of the \(samples.count) images can be read\(first)"
  }

  private func makeReader() -> SampleReader {
    SampleReader(transform: transform, labels: labels, orientation: orientation)
  }

  private func work() {
    let reader = makeReader()
    condition.lock()
    while !isStopped {
      if !fillNextSlot(reader) { condition.wait() }
    }
    condition.unlock()
  }

  /// Fills the first slot that nobody has taken; false where there is none. Called and left with the lock held, which is
  /// given up while the sample is read.
  @discardableResult
  private func fillNextSlot(_ reader: SampleReader) -> Bool {
    guard let batch = batches.first(where: { $0.nextSlot < $0.indices.count }) else { return false }
    let slot = batch.nextSlot
    batch.nextSlot += 1
    condition.unlock()
    let result = Result { try fill(slot, of: batch, reader) }
    condition.lock()
    switch result {
    case .success(let index): batch.taken[slot] = index
    case .failure(let error): batch.errors[slot] = error
    }
    batch.remaining -= 1
    if batch.remaining == 0 { condition.broadcast() }
    return true
  }

  /// Reads a slot's sample and returns the index of the one that was taken: in training the next good one in the list
  /// replaces a bad one, so that batches stay full and the same whatever the number of workers.
  private func fill(_ slot: Int, of batch: PendingBatch, _ reader: SampleReader) throws -> Int {
    let wanted = batch.indices[slot]
    for step in 0..<(replacesBadFiles ? samples.count : 1) {
      let index = (wanted + step) % samples.count
      if skipsBadFiles, isSkipped(samples[index].image) { continue }
      do {
        try reader.read(
          samples[index], seed: seed, epoch: batch.epoch, index: index, into: batch.destination(of: slot))
        return index
      } catch {
        guard skipsBadFiles else { throw error }
        noteSkipped(samples[index].image, error)
      }
    }
    guard !replacesBadFiles else { throw DataError(noneReadable) }
    batch.blank(slot)
    return wanted
  }
}
