import CVideoFrames
import SegmentationImage

/// Measures how often pixels change their class although nothing moves, with and without smoothing.
///
/// A block of 16x16 pixels is still if its luma differs from that of the frame before by at most two of 255 levels on
/// average. The flicker is the share of the pixels of still blocks whose class differs from that in the frame before.
package struct FlickerMeter {
  private var luma: [UInt8] = []
  private var masks: [Mask] = []
  private var changed: [Int64] = [0, 0]
  private var still: Int64 = 0

  private static let limit: Float = 2

  package init() {}

  /// Adds a frame with the classes of the network alone and with those after smoothing.
  package mutating func add(_ frame: VideoFrame, raw: Mask, smoothed: Mask) {
    let now = Array(frame.planes[..<frame.size.area])
    let (height, width) = (Int32(frame.size.height), Int32(frame.size.width))
    for (index, mask) in [raw, smoothed].enumerated() where !masks.isEmpty {
      let counts = cv_count_changes(now, luma, mask.values, masks[index].values, height, width, Self.limit)
      changed[index] += counts.changed
      // The same pixels are still for both masks.
      if index == 0 { still += counts.still }
    }
    (luma, masks) = (now, [raw, smoothed])
  }

  /// The shares of pixels that changed, from 0 to 1; `nil` if nothing was still.
  package var flicker: (before: Double, after: Double)? {
    still == 0 ? nil : (Double(changed[0]) / Double(still), Double(changed[1]) / Double(still))
  }
}
