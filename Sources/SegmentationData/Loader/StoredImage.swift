import SegmentationImage

/// An image or mask whose size is known. Its pixels are decoded on demand or lie in the cache.
package struct StoredImage {
  package enum Content {
    case encoded(EncodedImage)
    case cached(CachedImage)
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

  init(_ entry: CachedImage, path: String) {
    self.path = path
    size = entry.size
    isTurned = entry.isTurned
    content = .cached(entry)
  }
}
