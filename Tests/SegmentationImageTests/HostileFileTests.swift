import Foundation
import SegmentationImage
import TestSupport
import Testing

/// Small files that claim much, and files that are none.
@Suite struct HostileFileTests {
  private func chunk(_ name: String, length: UInt32, _ content: [UInt8] = []) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(length >> $0 & 255) } + Array(name.utf8) + content
  }

  private func reason(_ bytes: [UInt8]) throws -> String? {
    try Fixtures.withTemporaryFolder { folder in
      let file = folder.appending(path: "file.png")
      try Data(bytes).write(to: file)
      do {
        _ = try Image(contentsOf: file)
        return nil
      } catch {
        return (error as? ImageError)?.reason
      }
    }
  }

  @Test(arguments: ["zTXt", "iTXt", "iCCP", "PLTE", "IDAT", "eXIf", "abCd"], [0x7FFF_FFFF, 0xFFFF_FFF5] as [UInt32])
  func aChunkLongerThanTheFileIsRefused(name: String, length: UInt32) throws {
    let header = try Fixtures.bytes("rgb.png").prefix(33)
    #expect(try reason(header + chunk(name, length: length, [0, 0])) == "the file is truncated")
    // The size needs no more than the header.
    try Fixtures.withTemporaryFolder { folder in
      let file = folder.appending(path: "file.png")
      try Data(header + chunk(name, length: length, [0, 0])).write(to: file)
      #expect(try ImageSize(ofImageAt: file.path) == ImageSize(height: 23, width: 31))
    }
  }

  /// A zTXt chunk whose content is no valid stream would be an error for whoever inflates it.
  @Test func textsAndProfilesAreNotRead() throws {
    let bytes = try Fixtures.bytes("rgb.png")
    let content = Array("a\0\0not a stream".utf8)
    for name in ["zTXt", "iCCP", "iTXt", "sPLT", "hIST", "gAMA"] {
      let damaged = chunk(name, length: UInt32(content.count), content) + [1, 2, 3, 4]
      #expect(try reason(bytes.prefix(33) + damaged + bytes.dropFirst(33)) == nil, "\(name)")
    }
  }

  @Test(.timeLimit(.minutes(10))) func aJPEGOfThousandsOfScansIsRefused() throws {
    // 64x48 in 4:4:4: a scan of one component has 48 blocks, each an empty one (001010 in the standard tables).
    let bytes = try Fixtures.bytes("444.jpg")
    let start = try #require(bytes.firstRange(of: [0xFF, 0xDA])).lowerBound
    let blocks = (0..<12).flatMap { _ in [0x28, 0xA2, 0x8A] as [UInt8] }
    func scans(_ count: Int) -> [UInt8] {
      (0..<count).flatMap { [0xFF, 0xDA, 0, 8, 1, UInt8($0 % 3 + 1), 0, 0, 63, 0] + blocks }
    }
    #expect(try reason(bytes[..<start] + scans(3) + [0xFF, 0xD9]) == nil)
    #expect(try reason(bytes[..<start] + scans(2000) + [0xFF, 0xD9]) == "a JPEG of more than 500 scans")
  }

  @Test(.timeLimit(.minutes(10))) func aPipeIsRefusedAtOnce() throws {
    try Fixtures.withTemporaryFolder { folder in
      let pipe = folder.appending(path: "pipe.png")
      try #require(mkfifo(pipe.path, 0o600) == 0)
      #expect(message { _ = try Image(contentsOf: pipe) } == "\(pipe.path): cannot be read: it is not a file")
      #expect(message { _ = try Mask(contentsOf: pipe) } == "\(pipe.path): cannot be read: it is not a file")
      #expect(message { _ = try ImageSize(ofImageAt: pipe.path) } == "\(pipe.path): cannot be read: it is not a file")
      #expect(ImageFormat(ofFileAt: pipe.path) == nil)
    }
  }

  /// A file with a hole takes no room on the disk, but its content would in memory.
  @Test func aFileOfATerabyteIsRefused() throws {
    try Fixtures.withTemporaryFolder { folder in
      let file = folder.appending(path: "sparse.png")
      try Data([0x89]).write(to: file)
      guard truncate(file.path, 1 << 40) == 0 else { return }  // not every file system has holes
      #expect(message { _ = try Image(contentsOf: file) }?.contains("expected at most 2 GiB") == true)
    }
  }
}
