import SegmentationModels
import Testing
import Torch

/// Every network on sizes that its stride allows, and with few classes: shapes alone, on the meta device.
@Suite struct InputSizeTests {
  @Test(arguments: Architecture.realTime)
  func `padded sizes are as small as possible and work`(_ architecture: Architecture) throws {
    for (size, classes) in [(ImageSize(height: 97, width: 131), 2), (ImageSize(height: 201, width: 75), 1)] {
      let padded = architecture.sizes.padded(size)
      let added = 0..<architecture.sizes.multiple
      #expect(added.contains(padded.height - size.height) && added.contains(padded.width - size.width))
      let shape = try withDefaultDevice(.meta) {
        let model = try architecture.makeModel(classes: classes).eval()
        return withoutGradients { model(.zeros([1, 3, padded.height, padded.width])).logits.shape }
      }
      #expect(shape == [1, classes, padded.height, padded.width])
    }
  }
}
