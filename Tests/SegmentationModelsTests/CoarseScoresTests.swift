import SegmentationModels
import Testing
import Torch

@Suite struct CoarseScoresTests {
  @Test(arguments: [
    ("fastscnn", 8), ("bisenetv2", 8), ("ddrnet-23slim", 8), ("stdc-stdc1", 8), ("espnet-a", 8),
    ("smp-fpn-resnet18", 4), ("smp-pspnet-resnet18", 8), ("smp-deeplabv3p-resnet18", 4), ("enet", 1),
    ("smp-unet-resnet18", 1),
  ])
  func aNetworkResizesItsScoresOnlyWhenTheyAreAskedFor(name: String, factor: Int) throws {
    try withDefaultDevice(.meta) {
      let model = try Architecture(name: name).makeModel(classes: 5)
      var output: SegmentationOutput?
      let calls = recordOperators { withoutGradients { output = model(.zeros([2, 3, 64, 96]), heads: false) } }
      let scores = try #require(output?.scores)
      #expect(scores.coarse.shape == [2, 5, 64 / factor, 96 / factor])
      #expect(scores.size == ImageSize(height: 64, width: 96))
      #expect(calls.last?.outputs.first??.shape == scores.coarse.shape)
      #expect(output?.logits.shape == [2, 5, 64, 96])
    }
  }
}
