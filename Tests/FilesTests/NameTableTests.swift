import Files
import Foundation
import TestSupport
import Testing

@Suite struct NameTableTests {
  @Test func `names of any bytes are kept`() {
    var table: NameTable = ["b.png", "", "street/\u{E9}.jpg"]
    table.append([0x61, 0xE9])
    #expect(table.count == 4 && Array(table) == ["b.png", "", "street/\u{E9}.jpg", FileName.text([0x61, 0xE9])])
    #expect(table.withBytes(of: 3) { Array($0) } == [0x61, 0xE9])
    #expect(table == ["b.png", "", "street/\u{E9}.jpg", FileName.text([0x61, 0xE9])] && table != ["b.png"])
  }

  @Test func `names are found by their bytes, and equal ones are told`() throws {
    var table = NameTable()
    for number in 0..<5000 { table.append("name \(number)") }
    var duplicates: [[Int]] = []
    var index = NameIndex(table) { duplicates.append([$0, $1]) }
    #expect(duplicates.isEmpty)
    for number in 0..<5000 where index.place(of: Array("name \(number)".utf8)) != number {
      Issue.record("name \(number) is not found at its place")
    }
    #expect(index.place(of: Array("name".utf8)) == nil && index.place(of: []) == nil)
    table.append("name 17")
    index = NameIndex(table) { duplicates.append([$0, $1]) }
    #expect(duplicates == [[17, 5000]] && index.place(of: Array("name 17".utf8)) == 5000)
  }

  @Test func `a folder's entries have their kinds, also through links`() throws {
    let folder = try TemporaryFolder()
    try folder.write("", to: "file.txt")
    try folder.write("", to: "below/file.txt")
    try FileSystem.makeFolder(folder.path + "/empty")
    for (name, target) in [("to file", "file.txt"), ("to folder", "below"), ("to nothing", "nowhere")] {
      try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/\(name)", withDestinationPath: target)
    }
    let entries = try FolderEntries(folder.path)
    #expect(entries.names == ["below", "empty", "file.txt", "to file", "to folder", "to nothing"])
    #expect(entries.kinds == [.folder, .folder, .file, .file, .folder, nil])
    #expect(try Array(FolderEntries(folder.path + "/empty").names) == [])
  }

  @Test func `a part of a file has its own end`() throws {
    let folder = try TemporaryFolder()
    try folder.write("0123456789", to: "digits")
    let file = try InputFile(folder.path + "/digits")
    let part = try FilePart(of: file, from: 2, count: 5, path: "digits/part")
    #expect(try part.size == 5 && part.read(at: 1, count: 4) == Array("3456".utf8))
    for (offset, count) in [(2, 4), (6, 0), (-1, 1), (0, .max), (.max, 1)] {
      #expect(message { _ = try part.read(at: offset, count: count) }?.hasPrefix("cannot read digits/part: ") == true)
    }
    #expect(throws: FileError.self) { _ = try FilePart(of: file, from: 8, count: 3, path: "x") }
    #expect(throws: FileError.self) { _ = try FilePart(of: file, from: .max, count: 1, path: "x") }
  }

  @Test func `hashes are the same as texts and as numbers`() {
    let digest = ContentHash.digest(of: UnsafeRawBufferPointer(start: nil, count: 0))
    // hashlib.sha256().hexdigest()
    #expect(digest.hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(digest.bytes.prefix(4) == [0xE3, 0xB0, 0xC4, 0x42] && ContentDigest(bytes: digest.bytes) == digest)
    let other = ContentHash.digest(of: UnsafeRawBufferPointer(start: nil, count: 0))
    #expect(digest == other && !(digest < other))
  }
}
