import Foundation
import SegmentationModels
import SegmentationWeights
import TestSupport
import Testing

/// The meaning of a text on the command line or in a configuration.
@Suite struct WeightsSourceTests {
  private let fastscnn = PublishedCheckpoint.all.first { $0.architecture == .fastscnn }!

  @Test func `a text is a path, an address or a name`() throws {
    #expect(try WeightsSource("fastscnn@cityscapes") == .checkpoint(fastscnn))
    #expect(try WeightsSource("https://host/a.pth") == .address(URL(string: "https://host/a.pth")!))
    #expect(try WeightsSource("HTTP://host/a.pth") == .address(URL(string: "HTTP://host/a.pth")!))
    #expect(try WeightsSource("file:///a/b.pth") == .file("/a/b.pth"))
    for path in ["runs/a/best.pth", "/a/fastscnn@cityscapes", "weights@1.pth", "none.pth"] {
      #expect(try WeightsSource(path) == .file(path))
      #expect(WeightsSource.isPath(path))
    }
    for other in ["fastscnn@cityscapes", "https://host/a.pth", "file:///a/b.pth", "fastscn@cityscapes"] {
      #expect(!WeightsSource.isPath(other))
    }
    #expect(
      message { _ = try WeightsSource("ftp://host/a.pth") }?.contains("expected a path, a name, or an http") == true)
  }

  /// Paths come first, so that no new name ever takes the place of a user's file.
  @Test func `a file that is there goes before a name that is spelled like it`() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "imagenet")
      try Data([1]).write(to: file)
      let part = PretrainedPart.backbone(.mobileNetV2)
      #expect(try WeightsSource(file.path, for: part) == .file(file.path))
      #expect(try WeightsSource(file.path) == .file(file.path))
    }
  }

  @Test func `a network's name alone leads to its published checkpoint`() {
    #expect(
      message { _ = try WeightsSource("bisenetv1") }
        == "there is no file 'bisenetv1'; the published checkpoint of this network is bisenetv1-resnet18@cityscapes")
  }

  @Test func `names of a backbone's weights are its own`() throws {
    let part = PretrainedPart.backbone(.resNet(.resnet50))
    #expect(try WeightsSource("imagenet-v2", for: part) == .pretrained(part.weights(named: "imagenet-v2")))
    #expect(try WeightsSource("resnet50.pth", for: part) == .file("resnet50.pth"))
    #expect(try WeightsSource("weights/resnet50", for: part) == .file("weights/resnet50"))
    #expect(throws: UnknownWeights.self) { try WeightsSource("swsl", for: part) }
  }
}
