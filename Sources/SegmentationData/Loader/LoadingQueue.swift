import Foundation
import SegmentationImage

/// The batches in preparation, and the threads that fill their slots in order. A slot is the place of one sample in a
/// batch.
final class LoadingQueue: @unchecked Sendable {
  private let condition = NSCondition()
  private var batches: [PendingBatch] = []
  private var isStopped = false

  let samples: Samples
  let badFiles: BadFiles
  private let makeReader: @Sendable () -> SampleReader
  /// Whether the next good sample takes the place of a bad one. If not, the place is left blank and counts for nothing.
  private let replacesBadFiles: Bool
  /// The reader of the calling thread, for loaders without workers.
  private lazy var ownReader = makeReader()
  private let workers: Int

  /// - Parameter makeReader: Makes a reader for one thread.
  init(
    samples: Samples, badFiles: BadFiles, workers: Int, replacesBadFiles: Bool,
    makeReader: @escaping @Sendable () -> SampleReader
  ) {
    self.samples = samples
    self.badFiles = badFiles
    self.workers = workers
    self.replacesBadFiles = replacesBadFiles
    self.makeReader = makeReader
  }

  /// Starts the worker threads, which run until `stop`.
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

  func append(_ batch: PendingBatch) {
    condition.withLock {
      batches.append(batch)
      condition.broadcast()
    }
  }

  /// Drops all batches that were not taken.
  func clear() {
    condition.withLock { batches = [] }
  }

  /// Waits for the first batch and removes it from the queue.
  /// - Throws: The first error among its slots.
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

  /// The message for the case that no sample can be read.
  var noneReadable: String {
    let first = badFiles.list.first.map { ", the first because: \($0)" } ?? ""
    return "none of the \(samples.count) images can be read\(first)"
  }

  private func work() {
    let reader = makeReader()
    condition.lock()
    while !isStopped {
      if !fillNextSlot(reader) { condition.wait() }
    }
    condition.unlock()
  }

  /// Fills the first slot that no thread has taken. The lock is held before and after the call, and released while the
  /// sample is read.
  /// - Returns: False if there is no such slot.
  @discardableResult
  private func fillNextSlot(_ reader: SampleReader) -> Bool {
    guard let batch = batches.first(where: { $0.nextSlot < $0.samples.count }) else { return false }
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

  /// Reads the sample of a slot. In training the next good sample in the list replaces a bad one, so that batches are
  /// full and do not depend on the number of workers.
  /// - Returns: The index of the sample that was read.
  private func fill(_ slot: Int, of batch: PendingBatch, _ reader: SampleReader) throws -> Int {
    let wanted = batch.samples[slot].index
    let taken = try badFiles.firstGood(of: samples, from: wanted, looksFurther: replacesBadFiles) { index in
      try reader.read(index, epoch: batch.round(of: slot), into: batch.destination(of: slot))
    }
    if let taken { return taken }
    guard !replacesBadFiles else { throw DataError(noneReadable) }
    batch.blank(slot)
    return wanted
  }
}
