import Foundation
import SegmentationTraining
import TestSupport
import Testing

@Suite struct RunFolderTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `a new run makes its folder`() throws {
    let url = folder.url.appending(path: "runs/first")
    let run = try RunFolder(url, mode: .new)
    try Data(("epochs: 1\n").utf8).write(to: run.configuration)
    #expect(try String(contentsOf: url.appending(path: "config.yaml"), encoding: .utf8) == "epochs: 1\n")
  }

  @Test func `a folder with a run is refused unless resumed`() throws {
    let run = try RunFolder(folder.url, mode: .new)
    // A run that got no further than this may be started again.
    try Data(("").utf8).write(to: run.configuration)
    _ = try RunFolder(folder.url, mode: .new)
    #expect(throws: RunFolderError.nothingToResume(folder: folder.url.relativePath)) {
      try RunFolder(folder.url, mode: .resumed)
    }

    try Data(("weights").utf8).write(to: run.lastCheckpoint)
    try MetricsLog(run.metrics).append(MetricsRow(epoch: 1, step: 1))
    let error = #expect(throws: RunFolderError.self) { try RunFolder(folder.url, mode: .new) }
    #expect(
      error?.description == "\(folder.url.relativePath): holds a run already (last.pth, metrics.jsonl); "
        + "resume it, or choose another folder")
    #expect(try RunFolder(folder.url, mode: .resumed) == run)
  }

  @Test func `a file in the folder's place is named`() throws {
    let url = folder.url.appending(path: "file")
    try Data(("x").utf8).write(to: url)
    #expect(throws: RunFolderError.notAFolder(path: url.relativePath)) { try RunFolder(url, mode: .new) }
    let below = url.appending(path: "below")
    #expect(throws: RunFolderError.cannotWrite(path: below.relativePath, reason: "Not a directory")) {
      try RunFolder(below, mode: .new)
    }
  }
}
