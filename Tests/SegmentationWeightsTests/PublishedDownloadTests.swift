import Foundation
import SegmentationModels
import SegmentationWeights
import Synchronization
import TestSupport
import Testing
import Torch

/// Published weights by their names, from a mirror on this machine.
@Suite(.timeLimit(.minutes(10))) struct PublishedDownloadTests {
  let folder: TemporaryFolder
  let content: Data
  var cache: URL { folder.url.appending(path: "cache") }

  init() throws {
    folder = try TemporaryFolder()
    let file = folder.url.appending(path: "source.pth")
    try Checkpoint.write(PickleValue(["conv1.weight": Tensor([1, 2, 3] as [Float], shape: [3])]), to: file)
    content = try Data(contentsOf: file)
  }

  private func weights(_ mirror: String, log: WeightsLog = WeightsLog()) -> PretrainedWeights {
    PretrainedWeights(cache: cache, mirror: mirror, limits: DownloadLimits(), log: log)
  }

  private static let fastscnn =
    "/zh320/realtime-semantic-segmentation-pytorch/releases/download/v1.0/fastscnn.pth"

  @Test func `a checkpoint's name tells its network, and its file is fetched once`() throws {
    let server = LoopbackServer(["/mirror\(Self.fastscnn)": .init(content)])
    let lines = Mutex("")
    let log = WeightsLog(message: { line in lines.withLock { $0 += line + "\n" } })
    for _ in 0..<2 {
      let file = try weights(server.url("/mirror/"), log: log).find("fastscnn@cityscapes")
      #expect(file.architecture == .fastscnn)
      #expect(try Data(contentsOf: file.url) == content)
    }
    #expect(server.requests == ["/mirror\(Self.fastscnn)"])
    let text = lines.withLock { $0 }
    #expect(text.contains("downloading \(server.url("/mirror\(Self.fastscnn)")) (0.0 MB)"))
    #expect(text.contains("taken from \(cache.path)/"))
  }

  @Test func `a network is read by the name of its checkpoint`() throws {
    let network = try withoutInitialization { try Architecture.fastscnn.makeModel() }
    withoutGradients { network.namedState.forEach { $0.tensor.fillInPlace(1) } }
    let file = folder.url.appending(path: "fastscnn.pth")
    try Checkpoint.write(PickleValue(network.stateDictionary), to: file)
    let server = LoopbackServer([Self.fastscnn: .init(try Data(contentsOf: file))])
    let source = weights(server.url(""))
    let checkpoint = try NetworkCheckpoint(named: "fastscnn@cityscapes", weights: source)
    #expect(try checkpoint.architecture == .fastscnn && checkpoint.card == nil)
    #expect(try checkpoint.makeModel().namedParameters[0].tensor.equals(network.namedParameters[0].tensor))
    #expect(
      message {
        _ = try NetworkCheckpoint(named: "fastscnn@cityscapes", architecture: .enet(.regular), weights: source)
      }
        == "fastscnn@cityscapes: this is a checkpoint of fastscnn, not of enet-regular")
  }

  @Test func `a name without a host is fetched from nowhere else`() {
    // Nothing listens on port 1.
    let problem = message { _ = try weights("http://127.0.0.1:1").find("fastscnn@cityscapes") }
    #expect(
      problem?.hasPrefix("http://127.0.0.1:1\(Self.fastscnn): cannot be downloaded: ") == true, "\(problem ?? "none")")
  }

  @Test func `files of torchvision must have the SHA-256 that their names tell`() throws {
    let server = LoopbackServer(["/models/resnet18-f37072fd.pth": .init(content)])
    let part = PretrainedPart.backbone(.resNet(.resnet18))
    let problem = message { _ = try weights(server.url("")).find("imagenet", for: part) }
    #expect(problem?.contains("expected a SHA-256 that begins with f37072fd, found ") == true, "\(problem ?? "none")")
    #expect(try files(in: cache) == [])
  }

  @Test func `encoders' weights come from their revision in the hub`() throws {
    let weight = PretrainedPart.encoder(.mobileNetV2).weights[0]
    let path = URL(string: weight.address)!.path
    let file = folder.url.appending(path: "a.safetensors")
    try StateDictionary([("features.0.0.weight", Tensor.ones([32, 3, 3, 3]))]).writeSafetensors(to: file)
    let server = LoopbackServer([path: .init(try Data(contentsOf: file))])
    let found = try weights(server.url("")).find("imagenet", for: .encoder(.mobileNetV2))
    #expect(try Checkpoint.readState(from: found.url).keys == ["features.0.0.weight"])
    #expect(server.requests == [path] && found.architecture == nil)
  }

  @Test func `a mirror may be a folder`() throws {
    let file = folder.url.appending(path: "mirror\(Self.fastscnn)")
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try content.write(to: file)
    let mirror = folder.url.appending(path: "mirror").absoluteString
    #expect(try weights(mirror).find("fastscnn@cityscapes").url.path == file.path)
    let missing = message { _ = try weights(mirror).find("enet@cityscapes") }
    #expect(missing?.hasSuffix("enet.pth: there is no such file in the mirror that RTSEG_WEIGHTS_MIRROR names") == true)
    #expect(!FileManager.default.fileExists(atPath: cache.path))
  }

  @Test(arguments: ["mirror.local", "ftp://host", "https://", "https://host/?a=1", "https://host/#a", "https://a b"])
  func `a mirror that is no address is refused`(_ mirror: String) {
    let problem = message { _ = try weights(mirror).find("fastscnn@cityscapes") }
    #expect(
      problem == "RTSEG_WEIGHTS_MIRROR: expected an http, https or file address without a query, found \(mirror)")
  }

  /// The file is what the user asked for, wherever it lies.
  @Test func `addresses that are given as such do not go through the mirror`() throws {
    let server = LoopbackServer(["/net.pth": .init(content)])
    #expect(try weights("http://127.0.0.1:1").read(server.url("/net.pth")).keys == ["conv1.weight"])
  }

  @Test func `a redirection is followed`() throws {
    let server = LoopbackServer([
      "/net.pth": .init(Data(), headers: ["Location: /elsewhere/net.pth"], status: "302 Found"),
      "/elsewhere/net.pth": .init(content),
    ])
    #expect(try weights("").read(server.url("/net.pth")).keys == ["conv1.weight"])
    #expect(server.requests == ["/net.pth", "/elsewhere/net.pth"])
  }

  @Test(arguments: [
    ("/net.pth", "the server redirects more than 10 times"),
    ("ftp://host.invalid/net.pth", "the server redirects to ftp://host.invalid/net.pth, which is not as safe"),
  ]) func `a redirection that leads nowhere is refused`(_ place: String, _ expected: String) throws {
    let server = LoopbackServer([
      "/net.pth": .init(Data(), headers: ["Location: \(place)"], status: "302 Found")
    ])
    let problem = message { _ = try weights("").read(server.url("/net.pth")) }
    #expect(problem?.contains(expected) == true && problem?.contains("\n") == false, "\(problem ?? "none")")
    #expect(try files(in: cache) == [])
  }

  @Test(arguments: [
    ("<!DOCTYPE html><html></html>", "it is a web page"), ("version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
    ("", "the file is empty"),
  ]) func `what is no checkpoint does not get into the cache`(_ text: String, _ expected: String) throws {
    let server = LoopbackServer([Self.fastscnn: .init(Data(text.utf8))])
    let problem = message { _ = try weights(server.url("")).find("fastscnn@cityscapes") }
    #expect(
      problem?.contains("what was downloaded holds no weights") == true && problem?.contains(expected) == true,
      "\(problem ?? "none")")
    #expect(try files(in: cache) == [])
  }

  @Test func `a download ends when it is interrupted`() throws {
    let server = LoopbackServer(["/net.pth": .init(Data(count: 10), announcedLength: 1000, staysOpen: true)])
    let weights = PretrainedWeights(cache: cache, mirror: "", isInterrupted: { true })
    let problem = message { _ = try weights.find(server.url("/net.pth")) }
    #expect(problem == "\(server.url("/net.pth")): the download was interrupted")
    #expect(try files(in: cache) == [])
  }
}
