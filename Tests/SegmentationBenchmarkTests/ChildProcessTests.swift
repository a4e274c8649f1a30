import Foundation
import SegmentationBenchmark
import Testing

@Suite struct ChildProcessTests {
  struct Answer: Decodable, Equatable { let someValue: Int }

  private func run(_ script: String, timeout: Double = 60) throws -> Answer {
    try ChildProcess.result(
      Answer.self, of: URL(filePath: "/bin/sh"), ["-c", script], timeout: timeout,
      scratch: FileManager.default.temporaryDirectory)
  }

  @Test func theLastLineIsTheResult() throws {
    #expect(try run("echo starting; echo '{\"some_value\": 3}'; echo") == Answer(someValue: 3))
  }

  @Test func failuresAreOneLine() {
    for (script, expected) in [
      ("echo first >&2; echo 'rtseg: the reason' >&2; exit 1", "the reason"),
      ("exit 3", "ended with status 3"),
      ("kill -9 $$", "killed, perhaps for want of memory"),
      ("echo done", "sh did not end with a result in JSON"),
    ] {
      #expect(throws: BenchmarkError(expected)) { try run(script) }
    }
    #expect(throws: BenchmarkError("stopped after 0.05 s; --timeout gives it longer")) {
      try run("exec sleep 60", timeout: 0.05)
    }
    #expect(throws: BenchmarkError.self) {
      try ChildProcess.result(
        Answer.self, of: URL(filePath: "/nowhere/program"), [], timeout: 1,
        scratch: FileManager.default.temporaryDirectory)
    }
  }
}
