import CRuntime
import Foundation
import SegmentationImage
import SegmentationModels
import Torch

/// Runs a program on images of any size: the runtime resizes them to one of the program's sizes, and the scores back, without
/// storing resized scores.
///
/// One call may run at a time.
final class ResizingEngine {
  /// The program's size that images are resized to.
  let size: ImageSize
  private let program: ProgramFile
  private let context: OpaquePointer
  private let classCount: Int

  /// - Parameter size: One of the program's sizes.
  /// - Throws: `EngineError`.
  init(_ program: ProgramFile, size: ImageSize) throws(EngineError) {
    guard let index = program.sizes.firstIndex(of: size) else {
      throw .size(expected: program.sizes.map(\.description).joined(separator: ", "), found: size.description)
    }
    var options = rtseg_options()
    options.threads = Int32(min(Libtorch.threads, 256))
    options.size_index = Int32(index)
    options.kinds = 1 << UInt32(RTSEG_CLASSES.rawValue) | 1 << UInt32(RTSEG_SCORES.rawValue)
    options.resizes_images = 1
    var context: OpaquePointer?
    guard rtseg_context_create(program.handle, &options, &context) == RTSEG_OK, let context else {
      throw .lastRuntimeFailure
    }
    var description = rtseg_description()
    _ = rtseg_describe(program.handle, &description)
    classCount = Int(description.class_count)
    (self.program, self.size, self.context) = (program, size, context)
  }

  deinit { rtseg_context_destroy(context) }

  /// The best class of each pixel of an image.
  /// - Throws: `EngineError`.
  func classes(of image: Image) throws(EngineError) -> Mask {
    var isDone = false
    let values = [UInt8](unsafeUninitializedCapacity: image.size.area) { buffer, count in
      isDone = run(image, RTSEG_CLASSES, image.size, buffer.baseAddress!)
      count = image.size.area
    }
    guard isDone else { throw .lastRuntimeFailure }
    return Mask(height: image.height, width: image.width, values: values)
  }

  /// The scores of an image at the program's size: [height, width, classes].
  /// - Throws: `EngineError`.
  func scores(of image: Image) throws(EngineError) -> ScoreMap {
    var isDone = false
    let values = [Float](unsafeUninitializedCapacity: size.area * classCount) { buffer, count in
      isDone = run(image, RTSEG_SCORES, size, buffer.baseAddress!)
      count = size.area * classCount
    }
    guard isDone else { throw .lastRuntimeFailure }
    return ScoreMap(size: size, classes: classCount, values: values)
  }

  private func run(
    _ image: Image, _ kind: rtseg_kind, _ resultSize: ImageSize, _ result: UnsafeMutableRawPointer
  ) -> Bool {
    image.pixels.withUnsafeBufferPointer { pixels in
      var described = rtseg_image()
      described.format = RTSEG_RGB
      (described.height, described.width) = (Int32(image.height), Int32(image.width))
      described.data.0 = pixels.baseAddress
      var wanted = rtseg_result(
        kind: kind, height: Int32(resultSize.height), width: Int32(resultSize.width), data: result, stride: 0)
      return rtseg_run(context, &described, &wanted, 1) == RTSEG_OK
    }
  }
}
