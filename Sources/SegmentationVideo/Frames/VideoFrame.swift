import CVideoFrames
import SegmentationImage

/// A frame of a video: luma and two color differences with 8 bits each, as the video has them.
package struct VideoFrame: Sendable {
  package let size: ImageSize
  /// Whether the color differences have half the height and width, rounded up.
  package let isHalved: Bool
  /// The three planes one after the other, without gaps.
  package var planes: [UInt8]
  /// The time at which the frame is shown, in ticks of the stream.
  package internal(set) var time: Int64

  package init(size: ImageSize, isHalved: Bool, planes: [UInt8], time: Int64) {
    precondition(planes.count == Self.count(size, isHalved: isHalved), "a frame has three planes")
    (self.size, self.isHalved, self.planes, self.time) = (size, isHalved, planes, time)
  }

  /// The number of bytes of all planes.
  package static func count(_ size: ImageSize, isHalved: Bool) -> Int {
    size.area + 2 * differenceCount(size, isHalved: isHalved)
  }

  private static func differenceCount(_ size: ImageSize, isHalved: Bool) -> Int {
    isHalved ? (size.height + 1) / 2 * ((size.width + 1) / 2) : size.area
  }

  /// Calls `body` with pointers to the planes.
  mutating func withPlanes<Result>(_ body: (cv_planes) -> Result) -> Result {
    let (size, isHalved) = (size, isHalved)
    return planes.withUnsafeMutableBufferPointer { buffer in
      let y = buffer.baseAddress!
      let u = y + size.area
      return body(
        cv_planes(
          y: y, u: u, v: u + Self.differenceCount(size, isHalved: isHalved), height: Int32(size.height),
          width: Int32(size.width), is_halved: isHalved ? 1 : 0))
    }
  }

  /// The frame in RGB.
  package mutating func image(_ color: ColorDescription) -> Image {
    var matrix = color.toRGB
    let size = size
    let pixels = [UInt8](unsafeUninitializedCapacity: size.area * 3) { buffer, count in
      withPlanes { planes in
        var planes = planes
        cv_to_rgb(&planes, &matrix, buffer.baseAddress!)
      }
      count = size.area * 3
    }
    return Image(height: size.height, width: size.width, pixels: pixels)
  }
}
