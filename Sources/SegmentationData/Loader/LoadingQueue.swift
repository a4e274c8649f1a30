import Foundation
import SegmentationImage

/// The batches in preparation and the threads that fill them, slot by slot in order.
final class LoadingQueue: @unchecked Sendable {
  private let condition = NSCondition()
  private var batches: [PendingBatch] = []
  private var isStopped = false

  let samples: [Sample]
  let badFiles: BadFiles
  private let makeReader: @Sendable () -> SampleReader
  /// Whether a bad file's place is taken by the next good sample; otherwise it counts for nothing.
  private let replacesBadFiles: Bool
  /// The calling thread's reader, for loaders without workers.
  private lazy var ownReader = makeReader()
  private let workers: Int

  /// - Parameter makeReader: Makes the reader of one thread.
  init(
    samples: [Sample], badFiles: BadFiles, workers: Int, replacesBadFiles: Bool,
    makeReader: @escaping @Sendable () -> SampleReader
  ) {
    self.samples = samples
    self.badFiles = badFiles
    self.workers = workers
    self.replacesBadFiles = replacesBadFiles
    self.makeReader = makeReader
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

  /// Fills the first slot that nobody has taken; false where there is none. Called and left with the lock held, which is
  /// given up while the sample is read.
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

  /// Reads a slot's sample and returns the index of the one that was taken: in training the next good one in the list
  /// replaces a bad one, so that batches stay full and the same whatever the number of workers.
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
