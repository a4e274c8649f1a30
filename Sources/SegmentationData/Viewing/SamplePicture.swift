import Foundation
import SegmentationImage

/// A sample as two small pictures of the same size, one over the other on a page.
struct SamplePicture: Sendable {
  let size: ImageSize
  /// The image as a JPEG file.
  let image: Data
  /// The labels as a PNG file in the classes' colors, black where pixels have no class; `nil` if there are none, or none
  /// that fit the image.
  let labels: Data?

  /// Draws a sample.
  /// - Parameters:
  ///   - data: The channels, the type and the orientation of images.
  ///   - side: The longest side of the pictures in pixels.
  /// - Returns: `nil` if the image cannot be read, which the facts about the sample tell.
  init?(of sample: Sample, masks: RawMaskReader, data: DataOptions, side: Int) {
    let made: LabelledImage?
    do { made = try sample.made() } catch { return nil }
    guard let whole = try? made?.image ?? data.picture(of: sample) else { return nil }
    size = whole.size.shrunk(to: side)
    guard let file = try? whole.resized(to: size).jpeg(quality: 80) else { return nil }
    image = file
    var mask = made?.labels
    if made == nil, let found = try? masks.values(of: sample) {
      mask = Mask(height: found.size.height, width: found.size.width, values: masks.ids(found.values))
    }
    guard let mask, mask.size == whole.size else {
      labels = nil
      return
    }
    labels = try? mask.resized(to: size).png(palette: masks.labels.palette)
  }
}
