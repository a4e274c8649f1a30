extension ERFNet: ForeignSpellings {
  var keyMaps: [KeyMap] {
    [
      KeyMap(
        origin: "a checkpoint of ERFNet's authors (github.com/Eromera/erfnet_pytorch)",
        marks: ["encoder.initial_block.conv.weight", "decoder.output_conv.weight"],
        difference: KeyMap.Difference(
          text: "it normalizes after joining maps and after each second convolution, not after each",
          theirs: "encoder.initial_block.bn.weight", own: "layer1.conv.1.weight"))
    ]
  }
}
