import TestSupport
import Testing
import Torch

/// The generator of weights, against values that numpy and pure Python agree on.
@Suite struct FormulaTests {
  @Test(arguments: [
    ("conv1.weight", [64, 3, 7, 7], Formula.Fill.fanIn, [0xbdf8_cb4c, 0x3d60_efbc, 0xbd40_3537, 0xbc2c_7901]),
    ("bn.weight", [8], .one, [0x3f70_3f6c, 0x3f67_531e, 0x3f7a_3e9d, 0x3f7a_0999]),
    ("bn.running_var", [8], .runningVar, [0x3f83_1376, 0x3f4b_f316, 0x3f6a_d60e, 0x3f94_6a73]),
    ("bn.running_mean", [8], .runningMean, [0x3d59_3a47, 0x3db4_ecf5, 0x3da3_15e7, 0x3c90_2f33]),
    ("act.activation.weight", [1], .prelu, [0x3e39_2388]),
    ("head.bias", [8], .bias, [0xbdbb_83b7, 0xbd6f_a78a, 0x3d8a_a71d, 0x3b89_1833]),
  ]) func `weights are as in Python`(_ key: String, _ shape: [Int], _ fill: Formula.Fill, _ expected: [UInt32]) {
    let tensor = Tensor.zeros(shape)
    Formula.fill(tensor, key: key, as: fill)
    #expect(tensor.elements(Float.self).prefix(expected.count).map(\.bitPattern) == expected)
  }

  @Test func `inputs and labels are as in Python`() {
    #expect(
      Formula.input([1, 3, 2, 2]).elements(Float.self).prefix(4)
        == [-1.1179540157318115, 1.6736536026000977, 0.8881068229675293, -0.2693917751312256])
    #expect(Formula.labels([1, 3, 4]).elements(Int.self) == [16, 2, 15, 8, 11, 17, 2, 8, 8, 0, 16, 16])
    #expect(Formula.hash("conv1.weight") == 0x69a2_9a2c_ee47_d254)
  }
}
