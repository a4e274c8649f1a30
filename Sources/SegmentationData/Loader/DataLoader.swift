import Foundation
import SegmentationImage
import Torch

/// Returns batches, which worker threads prepare ahead of time. One thread may call it.
///
/// The same seed gives the same batches, whatever the number of workers. A run that was stopped continues with
/// `seek(to:)` at the `position` that it saved.
public final class DataLoader {
  private let queue: LoadingQueue
  private let sampler: any Sampler
  private let transform: SampleTransform
  private let batchSize: Int
  private let prefetch: Int
  private let isTraining: Bool
  private let channelsLast: Bool
  private let forUpload: Bool
  private let orientation: ExifOrientation
  private let cache: SampleCache?
  /// The samples of each batch, for the epochs that are in use.
  private var plans: [Int: [[PlannedSample]]] = [:]
  /// The batch that goes to the workers next.
  private var scheduled = LoaderPosition()
  /// The number of this process and of all processes that share the data.
  private var share = (rank: 0, count: 1)
  /// The sizes of the images, for validation.
  private var sizes: [Int: ImageSize] = [:]

  /// The batch that `next` returns next.
  public private(set) var position = LoaderPosition()
  /// The total time for which `next` has waited for workers.
  public private(set) var waitTime: Duration = .zero

  /// Creates a loader for training: samples are shuffled and augmented, and the last batch of an epoch is dropped if it
  /// is not full.
  ///
  /// With `data.rare_class_sampling` or `augmentation.copy_paste` the classes in all masks are counted first. The
  /// counts are kept, so the same data is counted only once (see `ClassStatistics`).
  /// - Parameters:
  ///   - channelsLast: Whether the channels of the images are innermost in memory.
  ///   - forUpload: Whether batches go to a GPU, which they then reach faster.
  /// - Throws: `DataError` if an option is out of range, a mask cannot be counted, or there are fewer samples than a
  ///   batch holds.
  public static func training(
    _ samples: some Collection<Sample>, labels: LabelSet, batchSize: Int, seed: UInt64, options: DataOptions,
    augmentation: AugmentationOptions, channelsLast: Bool = false, forUpload: Bool = false
  ) throws(DataError) -> DataLoader {
    let samples = Samples(samples)
    guard samples.count >= batchSize else {
      throw DataError(
        "a batch of \(batchSize) needs as many training samples, found \(samples.count): choose a smaller batch_size")
    }
    try check(options, augmentation)
    var transform = SampleTransform.training(augmentation, pixelType: options.pixelType)
    var sampler: any Sampler = ShuffledSampler(count: samples.count, seed: seed)
    if options.rareClassSampling != nil || augmentation.copyPaste != nil {
      _ = try augmentation.copyPaste?.namedIds(labels)
      let statistics = try ClassStatistics.counting(samples, labels: labels, options: options)
      if let rare = options.rareClassSampling {
        sampler = RareClassSampler(statistics, options: rare, seed: seed)
      }
      if let copyPaste = augmentation.copyPaste {
        transform.pasted = try CopyPaste.Source(copyPaste, labels: labels, statistics: statistics)
      }
    }
    return try DataLoader(
      samples, labels, sampler, seed, batchSize, options, transform, isTraining: true, channelsLast: channelsLast,
      forUpload: forUpload)
  }

  /// Creates a loader for validation: samples come in order and in their own size (times `augmentation.scale`), and
  /// none is dropped. A batch holds only images of one size.
  /// - Parameters:
  ///   - channelsLast: Whether the channels of the images are innermost in memory.
  ///   - forUpload: Whether batches go to a GPU, which they then reach faster.
  /// - Throws: `DataError` if an option is out of range or there are no samples.
  public static func validation(
    _ samples: some Collection<Sample>, labels: LabelSet, batchSize: Int = 1, options: DataOptions,
    augmentation: AugmentationOptions = AugmentationOptions(), channelsLast: Bool = false, forUpload: Bool = false
  ) throws(DataError) -> DataLoader {
    try check(options, augmentation)
    let samples = Samples(samples)
    return try DataLoader(
      samples, labels, SequentialSampler(count: samples.count), 0, batchSize, options,
      .evaluation(augmentation, pixelType: options.pixelType),
      isTraining: false, channelsLast: channelsLast, forUpload: forUpload)
  }

  private static func check(
    _ options: DataOptions, _ augmentation: AugmentationOptions
  ) throws(DataError) {
    do { try options.validate() } catch { throw DataError("data.\(error)") }
    do {
      try augmentation.validate()
      try augmentation.check(for: options)
    } catch {
      throw DataError("augmentation.\(error)")
    }
  }

  private init(
    _ samples: Samples, _ labels: LabelSet, _ sampler: any Sampler, _ seed: UInt64, _ batchSize: Int,
    _ options: DataOptions, _ transform: SampleTransform, isTraining: Bool, channelsLast: Bool, forUpload: Bool
  ) throws(DataError) {
    guard batchSize > 0 else { throw DataError("batch_size: expected 1 or more, found \(batchSize)") }
    guard !samples.isEmpty else { throw DataError("there are no samples to load") }
    self.sampler = sampler
    self.batchSize = batchSize
    self.isTraining = isTraining
    self.channelsLast = channelsLast
    self.forUpload = forUpload
    self.transform = transform
    prefetch = options.prefetch
    orientation = options.exifOrientation
    let cache =
      options.cache == .disk
      ? try SampleCache(folder: options.cacheFolder("samples"), limit: Int(options.cacheGigabytes * 1e9)) : nil
    self.cache = cache
    let badFiles = BadFiles(areLeftOut: isTraining ? options.skipBadFiles : options.skipBadValidationFiles)
    let orientation = orientation
    queue = LoadingQueue(
      samples: samples, badFiles: badFiles, workers: options.workers, replacesBadFiles: isTraining
    ) {
      SampleReader(
        samples: samples, transform: transform, labels: labels, orientation: orientation, seed: seed,
        badFiles: badFiles, cache: cache)
    }
    queue.start()
  }

  deinit { queue.stop() }

  /// Makes this loader return one process's part of the data. It must be called before the first batch. In training the
  /// part is a part of each batch, so that all processes together see the same batches as a single one; in validation
  /// it is some of the batches.
  /// - Parameters:
  ///   - rank: The number of this process, from 0.
  ///   - count: The number of processes.
  /// - Throws: `DataError` if a training batch cannot be divided into that many equal parts.
  public func shard(_ rank: Int, of count: Int) throws(DataError) {
    precondition((0..<count).contains(rank), "process \(rank) of \(count)")
    guard !isTraining || batchSize % count == 0 else {
      throw DataError(
        "batch_size: expected a multiple of \(count), since as many processes share each batch, found \(batchSize)")
    }
    share = (rank, count)
    plans = [:]
    seek(to: position)
  }

  /// The number of samples in an epoch, with those of a batch that is dropped at the end.
  public var sampleCount: Int { sampler.count }

  /// The number of batches in an epoch. For validation this reads the header of every image, once.
  /// - Throws: An error that names the file if an image's header cannot be read.
  public func batchesPerEpoch() throws -> Int { try plan(epoch: position.epoch).count }

  /// The images that have been left out so far because they or their masks cannot be used (`data.skip_bad_files`).
  public var skippedFiles: [String] { leftOut.map(\.file) }

  /// The images that have been left out so far, each with the reason.
  public var leftOut: [LeftOutFile] { queue.badFiles.list }

  /// The news of the cache of decoded images since the last call, one line each: that it is full, or that a damaged
  /// entry was removed.
  public func takeNotices() -> [String] { cache?.takeNotices() ?? [] }

  /// Continues at a position. Batches that were prepared for another one are dropped.
  public func seek(to position: LoaderPosition) {
    queue.clear()
    self.position = position
    scheduled = position
  }

  /// The next batch; `nil` at the end of an epoch, after which the next epoch begins.
  /// - Throws: An error that names the file if a file cannot be used and bad files are not left out.
  public func next() throws -> Batch? {
    guard position.batch < (try plan(epoch: position.epoch)).count else {
      plans[position.epoch] = nil
      if !isTraining, leftOut.count == sampleCount { throw DataError(queue.noneReadable) }
      position = LoaderPosition(epoch: position.epoch + 1)
      if scheduled.epoch < position.epoch { scheduled = position }
      return nil
    }
    try scheduleAhead()
    let start = ContinuousClock.now
    let pending = try queue.takeFirst()
    waitTime += ContinuousClock.now - start
    position.batch += 1
    try scheduleAhead()
    return pending.finished(files: pending.taken.map { queue.samples[$0].image })
  }

  /// Gives batches to the workers until enough are being prepared, in training also beyond the end of the epoch.
  private func scheduleAhead() throws {
    while queue.count < prefetch {
      let plan = try plan(epoch: scheduled.epoch)
      if scheduled.batch < plan.count {
        queue.append(try makeBatch(plan[scheduled.batch], epoch: scheduled.epoch))
        scheduled.batch += 1
      } else if isTraining {
        scheduled = LoaderPosition(epoch: scheduled.epoch + 1)
      } else {
        return
      }
    }
  }

  private func makeBatch(_ samples: [PlannedSample], epoch: Int) throws -> PendingBatch {
    let source = try transform.outputSize ?? size(of: samples[0].index)
    let plan = transform.plan(for: source, seed: 0, epoch: 0, index: 0)
    return try PendingBatch(
      samples, epoch: epoch, size: plan.image.window, labelSize: plan.labels.window,
      channels: transform.normalization.channels, channelsLast: channelsLast, forUpload: forUpload)
  }

  /// The samples of each batch of an epoch. In validation a batch ends at a change of the image size.
  private func plan(epoch: Int) throws -> [[PlannedSample]] {
    if let plan = plans[epoch] { return plan }
    let order = PlannedSample.list(sampler.order(epoch: epoch))
    var plan: [[PlannedSample]] = []
    if isTraining {
      let part = batchSize / share.count
      plan = stride(from: 0, to: order.count - batchSize + 1, by: batchSize).map { start in
        Array(order[start + share.rank * part..<start + (share.rank + 1) * part])
      }
    } else {
      var last: ImageSize?
      for sample in order {
        do {
          let size = try size(of: sample.index)
          if size == last, plan[plan.count - 1].count < batchSize {
            plan[plan.count - 1].append(sample)
          } else {
            plan.append([sample])
          }
          last = size
        } catch {
          guard queue.badFiles.areLeftOut else { throw error }
          queue.badFiles.note(queue.samples[sample.index].image, error)
        }
      }
    }
    if !isTraining, share.count > 1 {
      plan = stride(from: share.rank, to: plan.count, by: share.count).map { plan[$0] }
    }
    plans[epoch] = plan
    return plan
  }

  private func size(of index: Int) throws -> ImageSize {
    if let size = sizes[index] { return size }
    let size = try queue.samples[index].size(orientation: orientation)
    sizes[index] = size
    return size
  }
}
