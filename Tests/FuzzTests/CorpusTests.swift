import Foundation
import Testing
import Torch

/// The fuzzers' corpora without fuzzers: what they began with and what they found since is read again with each run of
/// the tests.
@Suite(.serialized) struct CorpusTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")

  init() { Libtorch.threads = 1 }

  @Test(.timeLimit(.minutes(10)), arguments: FuzzTarget.allCases) func everyFileIsReadOrRefused(_ target: FuzzTarget)
    throws
  {
    let folder = Self.folder.appending(path: target.rawValue)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names.count >= 3)
    for name in names {
      let bytes = try Data(contentsOf: folder.appending(path: name))
      let clock = ContinuousClock()
      let time = clock.measure { bytes.withUnsafeBytes(target.run) }
      // This is the time that libFuzzer calls slow, with room for a busy machine.
      #expect(time < .seconds(10), "\(name)")
    }
  }

  @Test func everyCorpusHasItsReader() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
    #expect(names == FuzzTarget.allCases.map(\.rawValue).sorted())
  }
}
