extension ENet: ForeignSpellings {
  var keyMaps: [KeyMap] {
    [
      KeyMap(
        origin: "a checkpoint of github.com/davidtvs/PyTorch-ENet",
        marks: ["initial_block.main_branch.weight", "downsample1_0.ext_conv1.0.weight", "transposed_conv.weight"],
        difference: KeyMap.Difference(
          text: "its strided convolutions are 2x2, and a transposed convolution gives the scores",
          theirs: "downsample1_0.ext_conv1.0.weight", own: "bottleneck1.conv_pool.right_init_conv.0.0.weight"))
    ]
  }
}
