import Basics
import CKernels
import CVideoFrames
import SegmentationImage
import SegmentationInference

/// The exponential average of a network's scores over the frames of a video.
package final class ScoreAverage {
  /// The share of the average before in the one after, from 0 to 1.
  private let share: Float
  private let threads: Int
  private let pool: OpaquePointer
  private var average: ScoreMap?

  /// - Throws: `VideoError` if there is no memory for threads.
  package init(share: Double, threads: Int) throws(VideoError) {
    guard let pool = ck_pool_create(Int32(min(max(threads, 1), 256))) else {
      throw VideoError("threads cannot be started: \(String(cString: ck_last_error()))")
    }
    (self.share, self.threads, self.pool) = (Float(share), threads, pool)
  }

  deinit { ck_pool_free(pool) }

  /// Adds the scores of a frame.
  /// - Parameter size: The frame's size.
  /// - Returns: The best classes of the frame alone, and of the average.
  /// - Throws: `VideoError`.
  package func add(_ scores: ScoreMap, size: ImageSize) throws(VideoError) -> (raw: Mask, smoothed: Mask) {
    var scores = scores
    let raw = try classes(&scores, size: size)
    guard average != nil else {
      average = scores
      return (raw, raw)
    }
    mix(scores)
    return (raw, try classes(&average!, size: size))
  }

  private func mix(_ scores: ScoreMap) {
    let (share, count) = (share, scores.values.count)
    let piece = 1 << 18
    average!.values.withUnsafeMutableBufferPointer { average in
      scores.values.withUnsafeBufferPointer { values in
        // Each piece is mixed by one thread.
        nonisolated(unsafe) let average = average.baseAddress!
        nonisolated(unsafe) let values = values.baseAddress!
        try? Parallel.forEach((count + piece - 1) / piece, threads: threads) { index, _ in
          let start = index * piece
          cv_average(average + start, values + start, share, min(piece, count - start))
        }
      }
    }
  }

  /// The class with the highest score of each pixel, resized bilinearly.
  private func classes(_ scores: inout ScoreMap, size: ImageSize) throws(VideoError) -> Mask {
    var isDone = false
    let (map, classes) = (scores.size, Int32(scores.classes))
    let values = [UInt8](unsafeUninitializedCapacity: size.area) { buffer, count in
      scores.values.withUnsafeMutableBufferPointer { values in
        var input = ck_map(
          data: values.baseAddress, height: Int32(map.height), width: Int32(map.width), channels: classes,
          type: CK_FLOAT32, row: Int64(map.width) * Int64(classes), pixel: Int64(classes))
        var output = ck_map(
          data: buffer.baseAddress, height: Int32(size.height), width: Int32(size.width), channels: 1, type: CK_UINT8,
          row: Int64(size.width), pixel: 1)
        isDone = ck_argmax(pool, &input, &output, false)
      }
      count = size.area
    }
    guard isDone else { throw VideoError(String(cString: ck_last_error())) }
    return Mask(height: size.height, width: size.width, values: values)
  }
}
