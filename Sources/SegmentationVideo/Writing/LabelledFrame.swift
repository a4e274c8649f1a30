import SegmentationImage
import SegmentationInference

/// A frame with the classes that a network found in it.
package struct LabelledFrame: Sendable {
  /// The number of the frame in the video, from 0 on.
  let number: Int
  var frame: VideoFrame
  let result: SegmentedImage

  package init(number: Int, frame: VideoFrame, result: SegmentedImage) {
    (self.number, self.frame, self.result) = (number, frame, result)
  }
}
