/// A place where labelled frames go, in order. One thread uses it.
protocol FrameWriter: AnyObject {
  /// - Throws: `VideoError` or `FileError` if the frame cannot be written, and `OutputClosed`.
  func write(_ frame: LabelledFrame) throws

  /// Completes what was written. It is usable, also after an interruption or the early end of a video.
  func finish(isInterrupted: Bool) throws

  /// Removes what is not whole.
  func abandon()
}

/// The program that reads the results from standard output has seen enough.
package struct OutputClosed: Error {}
