import CImageCodecs

extension ImageFormat {
  /// The format of a file by its first bytes; `nil` if it is none of these formats, or cannot be read.
  public init?(ofFileAt path: String) {
    let buffer = ScratchBuffer()
    guard let start = try? FileAccess.read(path, limit: 32, into: buffer) else { return nil }
    self.init(of: start)
    withExtendedLifetime(buffer) {}
  }

  /// The format of a file whose first bytes are in memory; `nil` if it is none of these formats.
  package init?(of start: UnsafeBufferPointer<UInt8>) { self.init(ci_detect(start.baseAddress, start.count)) }

  /// The libraries that read and write images, with their versions.
  public static var codecVersions: String { String(cString: ci_versions()) }
}
