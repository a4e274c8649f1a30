import SegmentationImage

/// An image or mask whose size is known. Its pixels are decoded on demand or lie in the cache.
package struct StoredImage {
  package enum Content {
    case encoded(EncodedImage)
    case cached(CachedImage)
    /// The whole image's colors or the whole mask's values.
    case made([UInt8])
  }

  let path: String
  package let size: ImageSize
  /// Whether the pixels are turned by an EXIF orientation.
  let isTurned: Bool
  package let content: Content

  init(_ file: EncodedImage) {
    path = file.path
    size = file.size
    isTurned = file.orientation != 1
    content = .encoded(file)
  }

  init(made values: [UInt8], size: ImageSize, path: String) {
    self.path = path
    self.size = size
    isTurned = false
    content = .made(values)
  }

  init(_ entry: CachedImage, path: String) {
    self.path = path
    size = entry.size
    isTurned = entry.isTurned
    content = .cached(entry)
  }
}
