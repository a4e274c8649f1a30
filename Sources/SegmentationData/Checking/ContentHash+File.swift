import Files
import SegmentationImage

extension ContentHash {
  /// The hash of a file's content.
  static func hex(ofFile path: String, using buffer: ScratchBuffer) throws(ImageError) -> String {
    hex(of: UnsafeRawBufferPointer(try FileAccess.read(path, into: buffer)))
  }
}
