import Files
import Foundation
import SegmentationWeights
import Synchronization
import TestSupport
import Testing
import Torch

/// Servers that send too much, too slowly, or compressed.
@Suite(.timeLimit(.minutes(10))) struct DownloadTests {
  let folder: TemporaryFolder
  var cache: URL { folder.url.appending(path: "cache") }

  init() throws { folder = try TemporaryFolder() }

  private func problem(
    _ file: LoopbackServer.File, _ change: (inout DownloadLimits) -> Void = { _ in }
  ) throws -> String? {
    let server = LoopbackServer(["/net.pth": file])
    var limits = DownloadLimits()
    change(&limits)
    let log = WeightsLog()
    let problem = message {
      _ = try PretrainedWeights(cache: cache, limits: limits, log: log).read(server.url("/net.pth"))
    }
    #expect(problem?.hasPrefix("\(server.url("/net.pth")): cannot be downloaded: ") == true)
    #expect(try files(in: cache) == [])
    return problem
  }

  @Test func `a size beyond the limit is refused by its announcement`() throws {
    let problem = try problem(.init(Data(count: 10), announcedLength: 3_000_000_000))
    #expect(
      problem?.contains("it has 3000.0 MB, expected at most 2147.5 MB of weights") == true, "\(problem ?? "none")")
  }

  @Test func `a size beyond the limit is refused when it arrives`() throws {
    let problem = try problem(.init(Data(count: 3_000_000), hidesLength: true)) { $0.size = 1_000_000 }
    #expect(problem?.contains("it has more, expected at most 1.0 MB of weights") == true, "\(problem ?? "none")")
  }

  @Test func `a server that sends almost nothing is given up`() throws {
    let problem = try problem(.init(Data(count: 10), announcedLength: 1000, staysOpen: true)) { $0.window = 0.5 }
    #expect(problem?.contains("bytes per second arrived over the last 1 s") == true, "\(problem ?? "none")")
  }

  @Test func `a download goes on while all threads for concurrent work are busy`() throws {
    let isDone = Atomic(false)
    let busy = DispatchGroup()
    for _ in 0..<2 * ProcessInfo.processInfo.activeProcessorCount {
      DispatchQueue.global().async(group: busy) { while !isDone.load(ordering: .relaxed) {} }
    }
    defer {
      isDone.store(true, ordering: .relaxed)
      busy.wait()
    }
    let problem = try problem(.init(Data(count: 3_000_000), hidesLength: true)) {
      $0.size = 1_000_000
      $0.window = 5
    }
    #expect(problem?.contains("it has more, expected at most 1.0 MB of weights") == true, "\(problem ?? "none")")
  }

  @Test func `a compressed answer is refused`() throws {
    // python: gzip.compress(bytes(100_000), mtime=0)[:10]
    let file = LoopbackServer.File(
      Data([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 0xFF]), headers: ["Content-Encoding: gzip"])
    let problem = try problem(file)
    #expect(problem?.contains("compressed (gzip), though asked not to") == true, "\(problem ?? "none")")
  }

  @Test func `files that a killed download left are removed by the next one`() throws {
    try FileSystem.makeFolder(cache.path)
    let left = cache.appending(path: ".rtseg-abandoned.tmp")
    try Data([1]).write(to: left)
    let source = folder.url.appending(path: "source.pth")
    try Checkpoint.write(PickleValue(["a": Tensor([1] as [Float])]), to: source)
    let server = LoopbackServer(["/net.pth": .init(try Data(contentsOf: source))])
    let log = WeightsLog()
    _ = try PretrainedWeights(cache: cache, log: log).read(server.url("/net.pth"))
    #expect(!FileSystem.exists(left.path))
    #expect(try files(in: cache).count == 1)
  }

  @Test func `progress is shown on a terminal`() throws {
    let text = Mutex("")
    let log = WeightsLog(progress: { line in text.withLock { $0 += line + "\n" } })
    var limits = DownloadLimits()
    limits.window = 0.5
    let server = LoopbackServer(["/net.pth": .init(Data(count: 200_000), announcedLength: 400_000, staysOpen: true)])
    limits.speed = 1e9
    #expect(throws: WeightsError.self) {
      try PretrainedWeights(cache: cache, limits: limits, log: log).read(server.url("/net.pth"))
    }
    #expect(text.withLock { $0 }.contains("downloaded 0.2 MB of 0.4 MB, 50 %"))
  }
}
