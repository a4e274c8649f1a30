import Foundation
import SegmentationImage
import Torch

/// Hands out batches that worker threads prepare ahead. Used from one thread.
///
/// The same seed gives the same batches whatever the number of workers, and `position` with `seek(to:)` continues where
/// a run was stopped.
public final class DataLoader {
  private let queue: LoadingQueue
  private let sampler: any Sampler
  private let transform: SampleTransform
  private let batchSize: Int
  private let prefetch: Int
  private let isTraining: Bool
  private let channelsLast: Bool
  private let orientation: ExifOrientation
  private let cache: SampleCache?
  /// The samples of each batch, for the epochs in use.
  private var plans: [Int: [[PlannedSample]]] = [:]
  /// Which batch is handed to the workers next.
  private var scheduled = LoaderPosition()
  /// Which part of the batches this process has, of how many.
  private var share = (rank: 0, count: 1)
  /// The images' sizes, for validation.
  private var sizes: [Int: ImageSize] = [:]

  /// Which batch comes next.
  public private(set) var position = LoaderPosition()
  /// How long `next` has waited for workers in all.
  public private(set) var waitTime: Duration = .zero

  /// A loader for training: shuffled, augmented, the last partial batch dropped.
  ///
  /// With `data.rare_class_sampling` or `augmentation.copy_paste` the classes of all masks are counted first, once for the
  /// same data (see `ClassStatistics`).
  /// - Throws: `DataError` if the options make no sense, a mask cannot be counted, or there are fewer samples than a batch
  ///   holds.
  public static func training(
    _ samples: [Sample], labels: LabelSet, batchSize: Int, seed: UInt64, options: DataOptions,
    augmentation: AugmentationOptions, channelsLast: Bool = false
  ) throws(DataError) -> DataLoader {
    guard samples.count >= batchSize else {
      throw DataError(
        "a batch of \(batchSize) needs as many training samples, found \(samples.count): choose a smaller batch_size")
    }
    try check(options, augmentation)
    var transform = SampleTransform.training(augmentation)
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
      samples, labels, sampler, seed, batchSize, options, transform, isTraining: true, channelsLast: channelsLast)
  }

  /// A loader for validation: in order, images in their own size (times `augmentation.scale`), nothing dropped. Images of
  /// different sizes come in different batches.
  public static func validation(
    _ samples: [Sample], labels: LabelSet, batchSize: Int = 1, options: DataOptions,
    augmentation: AugmentationOptions = AugmentationOptions(), channelsLast: Bool = false
  ) throws(DataError) -> DataLoader {
    try check(options, augmentation)
    return try DataLoader(
      samples, labels, SequentialSampler(count: samples.count), 0, batchSize, options, .evaluation(augmentation),
      isTraining: false, channelsLast: channelsLast)
  }

  private static func check(
    _ options: DataOptions, _ augmentation: AugmentationOptions
  ) throws(DataError) {
    do { try options.validate() } catch { throw DataError("data.\(error)") }
    do { try augmentation.validate() } catch { throw DataError("augmentation.\(error)") }
  }

  private init(
    _ samples: [Sample], _ labels: LabelSet, _ sampler: any Sampler, _ seed: UInt64, _ batchSize: Int,
    _ options: DataOptions, _ transform: SampleTransform, isTraining: Bool, channelsLast: Bool
  ) throws(DataError) {
    guard batchSize > 0 else { throw DataError("batch_size: expected 1 or more, found \(batchSize)") }
    guard !samples.isEmpty else { throw DataError("there are no samples to load") }
    self.sampler = sampler
    self.batchSize = batchSize
    self.isTraining = isTraining
    self.channelsLast = channelsLast
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

  /// Makes this loader hand out one process's part of the data, before its first batch. In training that is a part of each
  /// batch, so that all processes together see the batches that one alone would see; in validation some of the batches.
  /// - Throws: `DataError` if a training batch cannot be split into so many equal parts.
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

  /// How many samples an epoch has, those of a dropped partial batch included.
  public var sampleCount: Int { sampler.count }

  /// How many batches an epoch has. Reads all headers for validation, once.
  public func batchesPerEpoch() throws -> Int { try plan(epoch: position.epoch).count }

  /// The images that were left out so far, they or their masks being bad (`data.skip_bad_files`).
  public var skippedFiles: [String] { leftOut.map(\.file) }

  /// The same with what is wrong with each.
  public var leftOut: [LeftOutFile] { queue.badFiles.list }

  /// The news of the cache of decoded images since the last call, in one line each: that it is full, or that
  /// something damaged was removed from it.
  public func takeNotices() -> [String] { cache?.takeNotices() ?? [] }

  /// Continues at a position; batches that were prepared for another one are dropped.
  public func seek(to position: LoaderPosition) {
    queue.clear()
    self.position = position
    scheduled = position
  }

  /// The next batch; nil at the end of an epoch, after which the next epoch begins. Throws an error that names the file
  /// where one is bad.
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

  /// Hands batches to the workers until enough are in preparation: in training beyond the end of the epoch.
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
      samples, epoch: epoch, size: plan.image.window, labelSize: plan.labels.window, channelsLast: channelsLast)
  }

  /// Which samples make up the batches of an epoch. In validation a batch ends where the image size changes.
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
    let size = try ImageSize(ofImageAt: queue.samples[index].image, orientation: orientation)
    sizes[index] = size
    return size
  }
}
