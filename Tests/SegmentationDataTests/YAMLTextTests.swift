import SegmentationData
import TestSupport
import Testing

@Suite struct YAMLTextTests {
  private func problem(_ yaml: String) -> YAMLProblem? {
    do { _ = try YAMLText.node(of: yaml) } catch { return error }
    return nil
  }

  /// Ten levels of nine aliases each: 3.5 billion values in 500 bytes.
  private static let bomb =
    "a0: &a0 [x, x]\n"
    + (1...10).map { "a\($0): &a\($0) [\(Array(repeating: "*a\($0 - 1)", count: 9).joined(separator: ", "))]\n" }
    .joined()

  @Test(
    .timeLimit(.minutes(10)),
    arguments: [
      String(repeating: "[", count: 100_000), String(repeating: "{a: ", count: 50_000),
      String(repeating: "- ", count: 50_000) + "x",
      (0..<5000).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
      String(repeating: "? ", count: 10_000), bomb, bomb + "? *a10\n: 1\n",
      "a: \(String(repeating: "x", count: 300_000))",
      "a: &a [x]\n? *a\n: 1\n", "? [1, 2]\n: 3", "? {a: b}\n: 3", "a: {b: 1}\nc: {<<: {d: 1}}",
      String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000),
      String(repeating: "[", count: 2000) + String(repeating: "]", count: 2000),
    ])
  func `texts that cost more than they say are refused quickly, in a short line`(yaml: String) throws {
    let reason = try #require(problem(yaml)).reason
    #expect(reason.count < 200 && !reason.contains("\n"))
  }

  @Test func `a few aliases are read`() throws {
    let node = try YAMLText.node(of: "train: &t {images: a}\nval: *t\n")
    #expect(node?["val"]?["images"]?.string == "a")
  }

  @Test func `what word processors and web pages write is named`() {
    #expect(
      problem("a: 1\nb: \u{201C}x\u{201D}")
        == YAMLProblem(line: 2, reason: "\u{201C}x\u{201D} begins with a typographic quote; write \" or '"))
    #expect(
      problem("a:\n\u{A0}\u{A0}b: 1")
        == YAMLProblem(
          line: 2,
          reason: "'\u{A0}\u{A0}b' has a special blank in it (U+A0); write a plain one, or put the text in quotes"))
    #expect(problem("a:\n\tb: 1") == YAMLProblem(line: 2, reason: "the line begins with a tab; indent by blanks"))
    #expect(problem("name: \"caf\u{E9}\u{A0}noir\"") == nil)
    #expect(problem("name: caf\u{E9} \u{4E2D}\u{6587}") == nil)
  }

  @Test(arguments: [
    "images", "a/b-c_d.png", ".", "./a", "_L.png", "-mask", "a: b", "a, b", "it's", "'", "''", "#1", "a #b", "{a}", "[",
    "*a",
    "&a", "!a", "true", "No", "null", "~", "12", "1e3", "010", "0x10", "1:30", ".nan", "@", "`", "%", "a\\b", " a ",
    "é", "\"",
    "(.*)/i/(.*)\\.png", "y",
  ])
  func `texts are spelled so that they read back`(text: String) throws {
    for spelling in [YAMLText.spelling(of: text), YAMLText.quoted(text)] {
      let node = try YAMLText.node(of: "a: {folder: \(spelling), b: 1}")
      #expect(node?["a"]?["folder"]?.string == text, "\(spelling)")
    }
    let isPlain = ["images", "a/b-c_d.png", ".", "./a", "_L.png"].contains(text)
    #expect((YAMLText.spelling(of: text) == text) == isPlain)
  }

  @Test(arguments: [
    "a: 1\r\nb: 2\r\n", "a: 1\rb: 2\r", "a: 1\nb: 2", "---\na: 1\nb: 2\n...\n", "{\n\t\"a\": 1,\n\t\"b\": 2\n}",
  ])
  func `line ends of any system and JSON are read`(yaml: String) throws {
    #expect(try YAMLText.node(of: yaml)?["b"]?.string == "2")
  }

  // ruby -ryaml and python3 -c 'import yaml' read 010 as 8, 1:30 as 90 and 1_000 as 1000; yq reads 010 as 10.
  @Test(arguments: [
    ("010", true), ("-07", true), ("0o10", true), ("0b11", true), ("1_000", true), ("1:30", true), ("00.5", true),
    ("1e400", true), ("0", false), ("0.5", false), ("-1.5e-3", false), ("0x10", false), (".5", false), (".inf", false),
    ("512x1024", false), ("10", false), ("a:1", false), ("", false), ("-", false),
  ])
  func `numbers that readers take for different ones are known`(text: String, isAmbiguous: Bool) {
    #expect(NumberSpelling.isAmbiguous(text) == isAmbiguous)
  }
}
