import Foundation
import SegmentationModels
import Testing
import Torch

@Suite struct ImageChannelsTests {
  @Test(arguments: Architecture.realTime.map(\.name), [1, 5]) func everyNetworkIsMadeForItsImages(
    name: String, channels: Int
  ) throws {
    let architecture = try Architecture(name: name)
    try withDefaultDevice(.meta) {
      let model = try architecture.makeModel(classes: 3, inputChannels: channels).eval()
      #expect(model.imageChannels == channels)
      let size = architecture.sizes.padded(ImageSize(height: 64, width: 96))
      let shape = withoutGradients { model(.zeros([1, channels, size.height, size.width])).logits.shape }
      #expect(shape == [1, 3, size.height, size.width])
      // Only what reads the image differs from the network for RGB.
      let usual = try architecture.makeModel(classes: 3)
      #expect(usual.namedState.map(\.name) == model.namedState.map(\.name))
      let different = zip(usual.namedState, model.namedState).filter { $0.tensor.shape != $1.tensor.shape }
      #expect(!different.isEmpty && different.count * 2 < model.namedState.count, "\(different.map { $0.0.name })")
    }
  }

  /// The first layers of these keep the image among their channels.
  @Test(arguments: ["enet", "erfnet", "edanet", "mininetv2"]) func tooManyChannelsAreRefused(name: String) throws {
    let architecture = try Architecture(name: name)
    #expect(throws: ArchitectureError.inputChannels(name: architecture.name, asked: 40)) {
      try architecture.makeModel(inputChannels: 40)
    }
  }

  @Test func aNetworkOfOnesOwnIsMadeForThem() {
    #expect(ImageChannels.count == 3)
    let model = ImageChannels.with(4) { FastSCNN(classes: 2) }
    #expect(model.imageChannels == 4 && ImageChannels.count == 3)
    let shape = withoutGradients { model.eval()(.zeros([1, 4, 64, 64])).logits.shape }
    #expect(shape == [1, 2, 64, 64])
  }

  @Test func cardsKnowChannelsAndValues() throws {
    var card = ModelCard(
      model: "enet", classes: ["a", "b"], colors: [[0, 0, 0], [1, 1, 1]], mean: [1, 2, 3, 4], std: [1, 1, 1, 1],
      pixelType: .uint16)
    #expect(try JSONDecoder().decode(ModelCard.self, from: Data(card.json.utf8)) == card)
    #expect(card.imageChannels == 4)
    card = ModelCard(model: "enet", classes: ["a"], colors: [[0, 0, 0]], mean: [0, 0, 0], std: [1, 1, 1])
    let earlier = card.json.replacingOccurrences(of: #","pixelType":"uint8""#, with: "")
    #expect(earlier != card.json)
    #expect(try JSONDecoder().decode(ModelCard.self, from: Data(earlier.utf8)) == card)
  }
}
