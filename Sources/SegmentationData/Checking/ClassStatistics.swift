import Basics
import Files
import Foundation
import SegmentationImage
import Synchronization

/// How many pixels of each class the masks of some samples have.
public struct ClassStatistics: Equatable, Sendable {
  /// The pixels of each class in each sample, in the samples' order; ignored pixels do not count.
  public let images: [[Int]]

  package init(images: [[Int]]) { self.images = images }

  private var classCount: Int { images.first?.count ?? 0 }

  /// The pixels of each class in all samples.
  public var pixels: [Int] {
    images.reduce(into: [Int](repeating: 0, count: classCount)) { sums, counts in
      for id in sums.indices { sums[id] += counts[id] }
    }
  }

  /// For each class, the labelled pixels of all samples that show it.
  public var pixelsInItsImages: [Int] {
    images.reduce(into: [Int](repeating: 0, count: classCount)) { sums, counts in
      let labelled = counts.reduce(0, +)
      for id in sums.indices where counts[id] > 0 { sums[id] += labelled }
    }
  }

  /// Weights against the classes' imbalance.
  public var weights: ClassWeights { ClassWeights(pixels: pixels, pixelsInItsImages: pixelsInItsImages) }

  /// The counts of a data set's training samples: read from the cache if the same masks were counted before, which their
  /// content tells, or counted on all cores.
  /// They are kept in `data.cache_folder`.
  /// - Throws: `DataError` if a mask cannot be read, unless `data.skip_bad_files` leaves it out.
  public static func ofTraining(_ dataset: Dataset, options: DataOptions) throws(DataError) -> ClassStatistics {
    try counting(dataset.samples(of: .train), labels: dataset.labels, options: options)
  }

  /// The counts of samples.
  static func counting(
    _ samples: [Sample], labels: LabelSet, options: DataOptions
  ) throws(DataError) -> ClassStatistics {
    let skips = options.skipBadFiles
    let cache: StatisticsCache?
    do {
      let key = try StatisticsCache.key(of: samples, labels: labels)
      cache = StatisticsCache(folder: options.cacheFolder("statistics"), key: key)
    } catch {
      // A mask that cannot be read is reported, or left out, as it is counted.
      cache = nil
    }
    if let known = cache?.read(images: samples.count, classes: labels.classes.count) {
      return ClassStatistics(images: known)
    }
    let results = Mutex([[Int]?](repeating: nil, count: samples.count))
    do {
      try Parallel.forEach(samples.count) { index, _ in
        let counts: [Int]
        do { counts = try Self.counts(of: samples[index], labels, options.exifOrientation) } catch {
          guard skips else { throw error }
          return
        }
        results.withLock { $0[index] = counts }
      }
    } catch {
      throw error as? DataError ?? DataError("\(error)")
    }
    let counts = results.withLock { $0 }
    if !counts.contains(nil) { cache?.write(counts.map { $0! }) }
    return ClassStatistics(images: counts.map { $0 ?? [Int](repeating: 0, count: labels.classes.count) })
  }

  private static func counts(
    of sample: Sample, _ labels: LabelSet, _ orientation: ExifOrientation
  ) throws -> [Int] {
    guard let path = sample.mask else { throw DataError("\(sample.image): has no mask") }
    let reader = StoredImageReader(labels: labels, orientation: orientation, cache: nil)
    return Array(try reader.labels.counts(of: reader.mask(path)).prefix(labels.classes.count))
  }
}
