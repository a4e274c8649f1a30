import Foundation
import Testing

/// The output of the program, and its behaviour if it cannot print.
@Suite struct TerminalTests {
  @Test(arguments: ["models", "models fastscnn", "doctor", "--help", "--version", "predict --help"])
  func aFullDiskIsAnError(arguments: String) throws {
    let result = try Program.shell("\"$RTSEG\" \(arguments) >/dev/full")
    #expect(result.status == 1, "\(result.errors)")
    #expect(result.errors == "rtseg: cannot write to the standard output: No space left on device\n")
  }

  @Test func aClosedOutputIsAnError() throws {
    let result = try Program.shell("\"$RTSEG\" models >&-")
    #expect(result.status == 1)
    #expect(result.errors == "rtseg: cannot write to the standard output: Bad file descriptor\n")
  }

  /// As other programs do, it ends by the signal and says nothing.
  @Test func aReaderThatLeavesIsNoError() throws {
    let result = try Program.shell("{ \"$RTSEG\" models; echo $? >&2; } | true")
    #expect(result.errors == "141\n")
  }

  /// Whatever steers a terminal is shown as text.
  @Test(arguments: [
    ["models", "\u{1B}[31mred"], ["models", "--\u{1B}[31mred"], ["predict", "--alpha", "\u{1B}]0;title\u{7}"],
    ["val", "--checkpoint", "\u{1B}[2J.pth"], ["bench", "--model", "a\nb\r\u{9B}31m"],
    ["predict", "--checkpoint", "x", "--input", "\u{1B}[2J", "--output", "y"],
  ])
  func errorsDoNotSteerTheTerminal(arguments: [String]) throws {
    let result = try Program.run(arguments)
    #expect(result.status != 0 && result.output.isEmpty)
    #expect(result.errors.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
  }

  /// A message that is longer than anybody reads is cut.
  @Test func errorsAreShort() throws {
    let long = String(repeating: "long", count: 25_000)
    for arguments in [
      ["models", "--\(long)"], ["predict", "--alpha", long], ["val", "--checkpoint", long],
      ["predict", "--checkpoint", "x", "--input", long, "--output", "y"],
    ] {
      let result = try Program.run(arguments)
      #expect(result.status != 0 && result.output.isEmpty)
      #expect(result.errorLines.allSatisfy { $0.utf8.count < 1200 }, "\(arguments[0])")
    }
  }

  @Test func optionsOfModelsHaveAnEffectOrAreRefused() throws {
    for (arguments, expected) in [
      (["models", "--aux"], "--aux is for one network"), (["models", "--detail"], "--detail is for one network"),
      (["models", "fssnet", "--family", "real-time"], "--family is for the list"),
      (["models", "--classes", "4611686018427387904"], "--classes: expected 1 to"),
      (["models", "--size", "4611686018427387904x2"], "--size: expected a height and a width of 1 to"),
      (["data", "synthesize", "--output", "x", "--size", "8x64"], "--size: expected a height and a width of 32 to"),
      (["data", "synthesize", "--output", "x", "--count", "4611686018427387904"], "--count: expected 2 to"),
    ] {
      let result = try Program.run(arguments)
      #expect(result.status == 64 && result.errors.contains(expected), "\(arguments): \(result.errors)")
    }
  }

  @Test func scenesDoNotMixWithOtherFiles() throws {
    let files = try ProgramFolder()
    try files.writeImage("scenes/a.png")
    let result = try Program.run("data", "synthesize", "--output", files.path("scenes"), "--count", "2")
    #expect(result.status == 1 && result.errorLines.count == 1 && result.errors.contains("a.png is in it"))
    #expect(files.tree("scenes") == ["a.png"])
  }

  @Test func forwardDoesNotReplaceItsInputs() throws {
    let files = try ProgramFolder()
    for name in ["x.npy", "w.pth"] { try Data("content".utf8).write(to: files.url.appending(path: name)) }
    for name in ["x.npy", "w.pth"] {
      let result = try Program.run(
        "forward", "--model", "fssnet", "--weights", files.path("w.pth"), "--input", files.path("x.npy"), "--output",
        files.path(name))
      #expect(result.status == 1 && result.errors.contains("would replace the input"), "\(result.errors)")
      #expect(try String(contentsOfFile: files.path(name), encoding: .utf8) == "content")
    }
  }

  @Test func keysOfJSONAreWords() throws {
    let files = try ProgramFolder()
    try files.writeWeights(of: "fssnet", to: "weights.safetensors")
    #expect(
      try Program.run("data", "synthesize", "--output", files.path("scenes"), "--count", "2", "--size", "64x96")
        .status == 0)
    let result = try Program.run(
      "val", "--model", "fssnet", "--checkpoint", files.path("weights.safetensors"), "--data-root",
      files.path("scenes"), "--threads", "1", "--json")
    let report = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    #expect(report.keys.contains("frequency_weighted_iou") && report.keys.contains("mean_iou"))
    #expect(report.keys.allSatisfy { !$0.contains("_u") })
  }
}
