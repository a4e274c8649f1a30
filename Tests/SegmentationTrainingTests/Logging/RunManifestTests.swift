import Foundation
import SegmentationData
import SegmentationTraining
import Testing

@Suite struct RunManifestTests {
  @Test func `the manifest is JSON and reads back equal`() throws {
    let manifest = RunManifest(
      programVersion: "0.1.0", libtorchVersion: "2.13.0", seed: .max, optionsHash: "ab", dataHash: nil, threads: 2,
      startTime: Date(timeIntervalSince1970: 1_700_000_000.75), commandLine: ["rtseg", "train", "--lr", "0.1"])
    let data = manifest.json()
    #expect(try RunManifest(json: data) == manifest)
    let text = String(decoding: data, as: UTF8.self)
    #expect(text.contains("\"seed\" : 18446744073709551615"))
    // datetime.fromtimestamp(1700000000, UTC).isoformat()
    #expect(text.contains("\"start_time\" : \"2023-11-14T22:13:20Z\""))
    #expect(!manifest.processor.isEmpty)

    var other = manifest
    other.leftOut = [LeftOutFile(file: "a.png", reason: "it is truncated")]
    #expect(try RunManifest(json: other.json()) == other)
  }
}
