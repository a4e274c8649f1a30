import Files
import Foundation
import TestSupport
import Testing

@Suite struct AtomicFileTests {
  private struct Interruption: Error {}

  @Test func replacesAFile() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a")
      for text in ["first", "second", ""] {
        try AtomicFile.write(Data(text.utf8), to: url)
        #expect(try String(contentsOf: url, encoding: .utf8) == text)
      }
      #expect(try files(in: folder) == ["a"])
    }
  }

  @Test func leavesTheOldFileWhereWritingFails() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a")
      try Data("old".utf8).write(to: url)
      #expect(throws: Interruption.self) {
        try AtomicFile.write(to: url) { file in
          try file.write(Data("new".utf8))
          throw Interruption()
        }
      }
      #expect(try String(contentsOf: url, encoding: .utf8) == "old")
      #expect(try files(in: folder) == ["a"])
    }
  }

  @Test func writesThroughLinks() throws {
    try withTemporaryFolder { folder in
      let (target, link) = (folder.appendingPathComponent("target"), folder.appendingPathComponent("link"))
      try Data("old".utf8).write(to: target)
      try FileManager.default.createSymbolicLink(at: link, withDestinationURL: target)
      try AtomicFile.write(Data("new".utf8), to: link)
      #expect(try String(contentsOf: target, encoding: .utf8) == "new")
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == target.path)
    }
  }

  @Test func replacesOnlyFiles() throws {
    try withTemporaryFolder { folder in
      #expect(
        message { try AtomicFile.write(Data(), to: folder) }
          == "cannot write \(folder.path): something other than a file is there")
      #expect(
        message { try AtomicFile.write(Data(), to: URL(fileURLWithPath: "/dev/null")) }
          == "cannot write /dev/null: something other than a file is there")
      let left = try files(in: folder)
      #expect(left.isEmpty)
    }
  }

  /// A name may have 255 bytes; so may the file under its temporary name.
  @Test func writesTheLongestName() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: String(repeating: "n", count: 251) + ".pth")
      try AtomicFile.write(Data("new".utf8), to: url)
      #expect(try files(in: folder) == [url.lastPathComponent])
    }
  }

  @Test func removesWhatKilledWritersLeft() throws {
    try withTemporaryFolder { folder in
      let (abandoned, other) = (folder.appending(path: ".rtseg-abc.tmp"), folder.appending(path: "notes.tmp"))
      for url in [abandoned, other] { try Data("half".utf8).write(to: url) }
      try AtomicFile.write(to: folder.appending(path: "a")) { file in
        try file.write(Data("half".utf8))
        // Another run cleans up meanwhile: what is being written stays.
        AtomicFile.removeAbandoned(in: folder.path)
        #expect(try files(in: folder).count == 2)
        #expect(!FileManager.default.fileExists(atPath: abandoned.path))
      }
      #expect(try files(in: folder) == ["a", "notes.tmp"])
    }
  }

  #if os(Linux)
    /// /dev/full refuses every byte as a full disk does.
    @Test func saysThatTheDiskIsFull() throws {
      let descriptor = open("/dev/full", O_WRONLY)
      defer { close(descriptor) }
      let full = OutputFile(descriptor: descriptor, path: "last.pth")
      #expect(message { try full.write(Data([1])) } == "cannot write last.pth: No space left on device")
      try withTemporaryFolder { folder in
        let url = folder.appendingPathComponent("last.pth")
        #expect(throws: FileError.self) { try AtomicFile.write(to: url) { _ in try full.write(Data([1])) } }
        let left = try files(in: folder)
        #expect(left.isEmpty)
      }
    }
  #endif
}
