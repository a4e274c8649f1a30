extension BiSeNetV1: ForeignSpellings {
  var keyMaps: [KeyMap] {
    [
      KeyMap(
        origin: "a checkpoint of github.com/CoinCheung/BiSeNet",
        marks: ["cp.arm16.conv.conv.weight", "cp.resnet.conv1.weight", "sp.conv_out.conv.weight"],
        difference: KeyMap.Difference(
          text: "its attention works on 128 channels after a convolution of 3x3",
          theirs: "cp.arm16.conv.conv.weight", own: "context_path.arm_16.conv.0.weight"),
        names: [(theirs: "cp.resnet", own: "context_path.backbone")])
    ]
  }
}
