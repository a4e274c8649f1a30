import Foundation
import SegmentationTraining
import Testing

@Suite struct AtomicFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `a file is replaced whole and nothing else is left`() throws {
    let url = folder.url.appending(path: "last.pth")
    let data = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    try AtomicFile.write("old", to: url)
    try AtomicFile.write(data, to: url)
    #expect(try Data(contentsOf: url) == data)
    try AtomicFile.write("", to: url)
    #expect(try Data(contentsOf: url).isEmpty)
    #expect(try folder.files == ["last.pth"])
  }

  @Test func `what cannot be written is named and leaves nothing`() throws {
    let missing = folder.url.appending(path: "none/config.yaml")
    #expect(throws: RunFolderError.cannotWrite(path: missing.relativePath, reason: "No such file or directory")) {
      try AtomicFile.write("x", to: missing)
    }
    // The data is written, then cannot take its name: that of a folder.
    let taken = folder.url.appending(path: "taken")
    try FileManager.default.createDirectory(at: taken, withIntermediateDirectories: false)
    #expect(throws: RunFolderError.cannotWrite(path: taken.relativePath, reason: "Is a directory")) {
      try AtomicFile.write("x", to: taken)
    }
    #expect(try folder.files == ["taken"])
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func `a full disk is said in one line`() throws {
    let url = URL(filePath: "runs/a/last.pth")
    let full = try FileHandle(forWritingTo: URL(filePath: "/dev/full"))
    let error = #expect(throws: RunFolderError.self) {
      try AtomicFile.writeAll(Data("x".utf8), to: full.fileDescriptor, of: url)
    }
    #expect(error?.description == "runs/a/last.pth: cannot write: No space left on device")
  }
}
