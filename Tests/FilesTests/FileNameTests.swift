import Files
import Foundation
import TestSupport
import Testing

@Suite struct FileNameTests {
  @Test func everyNameComesBack() {
    let names: [[UInt8]] = [
      Array("straße 道.png".utf8), [0x63, 0x61, 0x66, 0xE9], [0xFF, 0xFE, 0x80], [0xC3], [0xE2, 0x82],
      [0xED, 0xA0, 0x80],
      // A character of the private area that stands for bytes.
      Array("\u{F7E9}".utf8), Array("a\u{F780}".utf8) + [0xE9],
    ]
    for name in names { #expect(FileName.bytes(FileName.text(name)) == name) }
    #expect(FileName.text([0x63, 0xE9]) == "c\u{F7E9}")
    #expect(FileName.text(Array("é".utf8)) == "é")
  }

  @Test func namesThatAreNotUTF8OpenTheirFiles() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder.path)/\(FileName.text([0x63, 0x61, 0x66, 0xE9, 0x2E, 0x74, 0x78, 0x74]))"
      try AtomicFile.write(to: path) { try $0.write(Data("text".utf8)) }
      let names = try FileSystem.names(in: folder.path)
      #expect(names == ["caf\u{F7E9}.txt"])
      #expect(names.first?.printable() == #"caf\xE9.txt"#)
      #expect(try TextFile.read("\(folder.path)/\(names[0])") == "text")
    }
  }
}

@Suite struct PrintableTests {
  @Test(arguments: [
    ("plain 道", "plain 道"), ("a\nb\r\tc", #"a\nb\r\tc"#), ("\u{1B}[31mred", #"\u{1B}[31mred"#),
    ("\u{9B}31m\u{7F}", #"\u{9B}31m\u{7F}"#), ("gpj.\u{202E}exe", #"gpj.\u{202E}exe"#), ("\u{2028}", #"\u{2028}"#),
  ]) func steeringCharactersAreEscaped(text: String, shown: String) {
    #expect(text.printable() == shown)
  }

  @Test func longTextIsCut() {
    #expect(String(repeating: "x", count: 5).printable(limit: 4) == "xxxx...")
    #expect(String(repeating: "x", count: 4).printable(limit: 4) == "xxxx")
    #expect("é\u{301}\u{301}\u{301}".printable(limit: 2).unicodeScalars.count == 5)
  }
}
