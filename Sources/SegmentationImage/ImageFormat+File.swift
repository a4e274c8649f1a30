import CImageCodecs

extension ImageFormat {
  /// The format of a file by its first bytes; `nil` if it is neither PNG nor JPEG, or cannot be read.
  public init?(ofFileAt path: String) {
    let buffer = ScratchBuffer()
    guard let start = try? FileAccess.read(path, limit: 8, into: buffer) else { return nil }
    self.init(startingWith: start)
    withExtendedLifetime(buffer) {}
  }

  /// The format of a file that begins with some bytes; `nil` if it is neither PNG nor JPEG.
  package init?(startingWith start: some Sequence<UInt8>) {
    if start.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else if start.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else {
      return nil
    }
  }

  /// The libraries that read and write images, with their versions.
  public static var codecVersions: String { String(cString: ci_versions()) }
}
