import SegmentationModels
import Testing
import Torch

/// Counts of all networks are compared with the originals' in `ParityTests`.
@Suite struct ModelProfileTests {
  @Test func `layers have their shapes and costs`() throws {
    let profile = try ModelProfile(.fssnet, classes: 11, size: ImageSize(height: 90, width: 128))
    #expect(profile.inputSize == ImageSize(height: 96, width: 128))
    let first = try #require(profile.layers.first)
    #expect(first.name == "init_block.conv.0")
    #expect(first.operator == "conv2d")
    #expect(first.outputShape == [1, 13, 48, 64])
    #expect(first.parameters == 13 * 3 * 3 * 3)
    #expect(first.multiplyAccumulates == 13 * 48 * 64 * 3 * 3 * 3)
    let last = try #require(profile.layers.last { $0.operator == "conv_transpose2d" })
    #expect(last.name == "full_conv.up_conv.0")
    #expect(last.outputShape == [1, 11, 96, 128])
    #expect(last.multiplyAccumulates == 48 * 64 * 16 * 11 * 3 * 3)
    let pool = try #require(profile.layers.first { $0.operator == "max_pool2d" })
    #expect(pool.name == "" && pool.parameters == 0 && pool.multiplyAccumulates == 0)
    #expect(profile.layers.reduce(0) { $0 + $1.parameters } == profile.parameters)
  }

  @Test func headsCountWhereAsked() throws {
    let plain = try ModelProfile(.bisenetv2)
    let auxiliary = try ModelProfile(.bisenetv2, heads: .auxiliary)
    #expect(auxiliary.parameters - plain.parameters == 2_559_920 - 2_272_688)
    #expect(auxiliary.layers.contains { $0.name == "semantic_branch.seg_head2.1" })
    #expect(!plain.layers.contains { $0.name.contains("seg_head2") })
  }
}
