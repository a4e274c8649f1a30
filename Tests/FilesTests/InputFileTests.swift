import Files
import Foundation
import TestSupport
import Testing

@Suite struct InputFileTests {
  /// A pipe would block until somebody writes to it.
  @Test(.timeLimit(.minutes(10))) func whatIsNoFileIsRefusedAtOnce() throws {
    try withTemporaryFolder { folder in
      let pipe = folder.appending(path: "pipe").path
      #expect(mkfifo(pipe, 0o600) == 0)
      #expect(message { _ = try InputFile(pipe) } == "cannot read \(pipe): it is not a file")
      #expect(message { _ = try InputFile(folder.path) } == "cannot read \(folder.path): it is a folder")
      #expect(message { _ = try InputFile("/dev/zero") } == "cannot read /dev/zero: it is not a file")
      let none = folder.appending(path: "none").path
      #expect(message { _ = try InputFile(none) } == "cannot read \(none): No such file or directory")
      #expect(FileSystem.kind(of: pipe) == .other && FileSystem.kind(of: folder.path) == .folder)
      #expect(FileSystem.kind(of: none) == nil)
    }
  }

  @Test func bytesBeyondTheEndAreRefusedBeforeTheyAreAllocated() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "a").path
      try Data("1234".utf8).write(to: URL(filePath: path))
      let file = try InputFile(path)
      #expect(try file.read(at: 1, count: 3) == Array("234".utf8))
      for (offset, count) in [(0, 5), (5, 0), (4, .max), (.max, 1), (-1, 1), (0, -1)] {
        #expect(throws: FileError.self) { _ = try file.read(at: offset, count: count) }
      }
      #expect(throws: FileError.self) { _ = try InputFile.contents(of: path, limit: 3) }
    }
  }
}

@Suite struct TextFileTests {
  @Test(
    arguments: [
      (Array("a: é\n".utf8), "a: é\n"),
      ([0xEF, 0xBB, 0xBF] + Array("a".utf8), "a"),
      ([0xFF, 0xFE, 0x61, 0x00, 0x53, 0x90], "a道"),
      ([0xFE, 0xFF, 0x00, 0x61, 0x90, 0x53], "a道"),
      ([], ""),
      ([0x61, 0xE9], nil), ([0x61, 0x00], nil), ([0xFF, 0xFE, 0x61], nil), ([0xFF, 0xFE, 0x00, 0xD8], nil),
    ] as [([UInt8], String?)])
  func `text of other encodings than UTF-8 is refused`(bytes: [UInt8], text: String?) throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "a.txt").path
      try Data(bytes).write(to: URL(filePath: path))
      if let text {
        #expect(try TextFile.read(path) == text)
      } else {
        #expect(
          message { _ = try TextFile.read(path) } == "cannot read \(path): it is not UTF-8 text; save it as UTF-8")
      }
    }
  }
}
