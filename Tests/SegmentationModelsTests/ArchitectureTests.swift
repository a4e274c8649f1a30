import Foundation
import SegmentationModels
import Testing
import Torch

@Suite struct ArchitectureTests {
  @Test func namesRoundTrip() throws {
    for architecture in Architecture.allCases {
      #expect(try Architecture(name: architecture.name) == architecture)
    }
  }

  @Test(arguments: Architecture.realTime)
  func `networks are coded as their names`(_ architecture: Architecture) throws {
    let coded = try JSONEncoder().encode([architecture])
    #expect(String(decoding: coded, as: UTF8.self) == "[\"\(architecture.name)\"]")
    #expect(try JSONDecoder().decode([Architecture].self, from: coded) == [architecture])
  }

  @Test func namesAreUnique() {
    #expect(Set(Architecture.allCases.map(\.name)).count == Architecture.allCases.count)
  }

  /// Each file in `Models` is a family of networks. One that is in no list would be found by no name.
  @Test func everyFamilyIsInTheCatalogue() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/SegmentationModels/Models")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
    let types = try withDefaultDevice(.meta) {
      Set(try Architecture.realTime.map { "\(type(of: try $0.makeModel()))" })
    }
    #expect(types.sorted() == files.map { String($0.dropLast(".swift".count)) }.sorted())
    #expect(Set(Architecture.realTime.map(\.family)).count == files.count)
  }

  @Test func familyMeansItsFirstVariant() throws {
    #expect(try Architecture(name: "ddrnet") == .ddrnet(.slim23))
    #expect(try Architecture(name: "stdc") == .stdc(.stdc1))
    #expect(try Architecture(name: "liteseg") == .liteseg(.mobileNetV2))
    #expect(try Architecture(name: "enet") == .enet(.deconvolution))
  }

  @Test(arguments: [
    ("ddrnet-32", "unknown network 'ddrnet-32': did you mean 'ddrnet-39'? `rtseg models` lists them all"),
    ("fscnn", "unknown network 'fscnn': did you mean 'fastscnn'? `rtseg models` lists them all"),
    ("zzzzzzzzzz", "unknown network 'zzzzzzzzzz': `rtseg models` lists them all"),
  ]) func `unknown names are refused`(_ name: String, _ message: String) {
    let error = #expect(throws: ArchitectureError.self) { try Architecture(name: name) }
    #expect(error?.description == message)
  }

  @Test func `heads that a network lacks are refused`() {
    let error = #expect(throws: ArchitectureError.self) {
      try Architecture.ddrnet(.slim23).makeModel(heads: [.auxiliary, .detail])
    }
    #expect(error?.description == "ddrnet-23slim has no detail head: it supports auxiliary")
    #expect(
      throws: ArchitectureError.unsupportedHeads(name: "fssnet", asked: .auxiliary, supported: [])
    ) { try Architecture.fssnet.makeModel(heads: .auxiliary) }
  }

  @Test(arguments: Architecture.allCases) func `each network is described`(_ architecture: Architecture) {
    #expect(!architecture.title.isEmpty)
    #expect((2015...2026).contains(architecture.year))
    #expect(URL(string: architecture.paper)?.scheme == "https")
    #expect(architecture.supportedHeads.isSuperset(of: architecture.defaultHeads))
    #expect(architecture.sizes.multiple > 0 && architecture.sizes.multiple.nonzeroBitCount == 1)
  }

  @Test func `networks have as many parameters as published`() throws {
    let published = Architecture.allCases.filter { $0.published != nil }
    #expect(published.count == 48)
    for architecture in published {
      let model = try withDefaultDevice(.meta) { try architecture.makeModel() }
      let hundredths = (Double(model.parameterCount) / 1e4).rounded()
      #expect(hundredths == (architecture.published!.parameters * 100).rounded(), "\(architecture.name)")
    }
  }

  @Test func `sizes are padded to their multiple`() {
    #expect(
      Architecture.stdc(.stdc1).sizes.padded(ImageSize(height: 97, width: 128)) == ImageSize(height: 128, width: 128))
    #expect(Architecture.fastscnn.sizes.padded(ImageSize(height: 97, width: 131)) == ImageSize(height: 97, width: 131))
  }
}
