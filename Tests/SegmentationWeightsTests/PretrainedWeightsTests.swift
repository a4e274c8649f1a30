import Files
import Foundation
import SegmentationWeights
import Synchronization
import TestSupport
import Testing
import Torch

@Suite struct PretrainedWeightsTests {
  let folder: TemporaryFolder
  let content: Data
  /// As torchvision names its files.
  let name: String

  init() throws {
    folder = try TemporaryFolder()
    let file = folder.url.appending(path: "source.pth")
    try Checkpoint.write(PickleValue(["conv1.weight": Tensor([1, 2, 3] as [Float], shape: [3])]), to: file)
    content = try Data(contentsOf: file)
    name = "/net-\(content.withUnsafeBytes(ContentHash.hex(of:)).prefix(8)).pth"
  }

  var cache: URL { folder.url.appending(path: "cache/deep") }

  var cached: [String] { (try? FileManager.default.contentsOfDirectory(atPath: cache.path)) ?? [] }

  /// Reads weights from a location and returns the text in the log, and the error if there is one.
  func read(_ location: String) throws -> (state: StateDictionary?, log: String, error: String?) {
    let lines = Mutex("")
    let log = WeightsLog(message: { text in lines.withLock { $0 += text + "\n" } })
    let result = Result { try PretrainedWeights(cache: cache, log: log).read(location) }
    let text = lines.withLock { $0 }
    switch result {
    case .success(let state): return (state, text, nil)
    case .failure(let error): return (nil, text, "\(error)")
    }
  }

  @Test func aFileOfTheWebIsFetchedOnceAndChecked() throws {
    let server = LoopbackServer([name: .init(content)])
    let first = try read(server.url(name))
    #expect(first.state?["conv1.weight"]?.elements(Float.self) == [1, 2, 3], "\(first)")
    #expect(first.log.contains("downloading \(server.url(name)) (0.0 MB)"))
    #expect(first.log.contains("begins with \(name.dropFirst(5).prefix(8))"))
    let second = try read(server.url(name))
    #expect(second.state?.keys == ["conv1.weight"])
    #expect(second.log.contains("taken from \(cache.path)"))
    #expect(server.requests == [name])
    #expect(cached == [String(name.dropFirst())])
  }

  @Test func contentThatIsNotWhatTheNameSaysIsRefused() throws {
    let server = LoopbackServer(["/net-0123abcd.pth": .init(content)])
    let result = try read(server.url("/net-0123abcd.pth"))
    let found = name.dropFirst(5).prefix(8)
    #expect(
      result.error?.hasPrefix(
        "\(server.url("/net-0123abcd.pth")): the content is not what the name says: expected a SHA-256 that begins with "
          + "0123abcd, found \(found);") == true, "\(result)")
    #expect(cached.isEmpty)
  }

  /// The same name may mean another file elsewhere.
  @Test func withoutAHashTheAddressTellsFilesApart() throws {
    let other = folder.url.appending(path: "other.pth")
    try Checkpoint.write(PickleValue(["fc.bias": Tensor([4] as [Float], shape: [1])]), to: other)
    let server = LoopbackServer(["/a/net.pth": .init(content), "/b/net.pth": .init(try Data(contentsOf: other))])
    let first = try read(server.url("/a/net.pth"))
    #expect(first.state?.keys == ["conv1.weight"])
    #expect(first.log.contains("holds no hash"))
    #expect(try read(server.url("/b/net.pth")).state?.keys == ["fc.bias"])
    #expect(try read(server.url("/a/net.pth")).state?.keys == ["conv1.weight"])
    #expect(server.requests == ["/a/net.pth", "/b/net.pth"])
    #expect(cached.count == 2)
  }

  @Test func failuresNameTheAddressAndLeaveNothing() throws {
    let server = LoopbackServer([
      "/cut.pth": .init(content, announcedLength: content.count + 100), "/page.pth": .init(Data("<html>".utf8)),
    ])
    let byHand = "download it by hand and pass the path"
    for (path, expected) in [
      ("/none.pth", "cannot be downloaded: HTTP 404"),
      ("/cut.pth", "cannot be downloaded: "),
      ("/page.pth", "what was downloaded holds no weights"),
    ] {
      let result = try read(server.url(path))
      #expect(result.error?.hasPrefix("\(server.url(path)): \(expected)") == true, "\(result)")
      #expect(result.error?.contains("\n") == false)
      #expect(cached.isEmpty)
    }
    // Nothing listens on port 1, and no name ends in .invalid.
    for url in ["http://127.0.0.1:1/net.pth", "https://host.invalid/net.pth"] {
      let error = try read(url).error
      #expect(error?.hasPrefix("\(url): cannot be downloaded: ") == true && error?.hasSuffix(byHand) == true)
      #expect(cached.isEmpty)
    }
    #expect(
      try read("ftp://host/net.pth").error?.contains("expected a path, a name, or an http, https or file address")
        == true)
  }

  @Test(arguments: [
    (["RTSEG_CACHE": "/a/b", "XDG_CACHE_HOME": "/x"], "/a/b"),
    (["RTSEG_CACHE": "", "XDG_CACHE_HOME": "/x"], "/x/rtseg"),
    (["XDG_CACHE_HOME": "relative"], "/home/me/.cache/rtseg"), ([:], "/home/me/.cache/rtseg"),
  ]) func theEnvironmentTellsWhereFilesStay(_ environment: [String: String], _ folder: String) {
    let environment = environment.merging(["HOME": "/home/me"]) { $1 }
    #expect(PretrainedWeights.defaultCache(environment: environment).path == folder)
  }

  @Test func filesOfThisMachineAreReadWhereTheyLie() throws {
    let file = folder.url.appending(path: "source.pth")
    #expect(try read(file.path).state?.keys == ["conv1.weight"])
    #expect(try read(file.absoluteString).state?.keys == ["conv1.weight"])
    #expect(try read(folder.url.path + "/none.pth").error?.contains("none.pth") == true)
    #expect(cached.isEmpty)
  }
}
