import Basics
import Files
import Foundation
import SegmentationImage
import Synchronization

/// The number of pixels of each class in the masks of some samples.
public struct ClassStatistics: Equatable, Sendable {
  /// The number of pixels of each class in each sample, in the samples' order. Ignored pixels do not count.
  public let images: [[Int]]

  package init(images: [[Int]]) { self.images = images }

  private var classCount: Int { images.first?.count ?? 0 }

  /// The number of pixels of each class in all samples.
  public var pixels: [Int] {
    images.reduce(into: [Int](repeating: 0, count: classCount)) { sums, counts in
      for id in sums.indices { sums[id] += counts[id] }
    }
  }

  /// For each class, the number of labelled pixels in all samples that show the class.
  public var pixelsInItsImages: [Int] {
    images.reduce(into: [Int](repeating: 0, count: classCount)) { sums, counts in
      let labelled = counts.reduce(0, +)
      for id in sums.indices where counts[id] > 0 { sums[id] += labelled }
    }
  }

  /// Weights that counter the imbalance of the classes.
  public var weights: ClassWeights { ClassWeights(pixels: pixels, pixelsInItsImages: pixelsInItsImages) }

  /// Counts the classes of a data set's training samples, on all cores. The counts are kept in `data.cache_folder` and
  /// read from there if masks with the same content were counted before.
  /// - Throws: `DataError` if a mask cannot be read, unless `data.skip_bad_files` leaves it out.
  public static func ofTraining(_ dataset: Dataset, options: DataOptions) throws(DataError) -> ClassStatistics {
    try counting(dataset.samples(of: .train), labels: dataset.labels, options: options)
  }

  /// Counts the classes of samples.
  static func counting(
    _ samples: Samples, labels: LabelSet, options: DataOptions
  ) throws(DataError) -> ClassStatistics {
    let skips = options.skipBadFiles
    let cache: StatisticsCache?
    do {
      let key = try StatisticsCache.key(of: samples, labels: labels)
      cache = StatisticsCache(folder: options.cacheFolder("statistics"), key: key)
    } catch {
      // The loop below reports a mask that cannot be read, or leaves it out. Masks in no file are counted each time.
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
    let reader = StoredImageReader(labels: labels, orientation: orientation, cache: nil)
    return Array(try reader.labels.counts(of: reader.mask(of: sample)).prefix(labels.classes.count))
  }
}
