extension RegSeg: ForeignSpellings {
  var keyMaps: [KeyMap] {
    [
      KeyMap(
        origin: "a checkpoint of RegSeg's authors (github.com/RolandGao/RegSeg)",
        marks: ["stem.conv.weight", "body.stage4.se.conv1.weight", "decoder.head16.conv.weight"],
        difference: KeyMap.Difference(
          text: "its deepest stage stays at 1/16, and it weighs channels by fewer hidden values",
          theirs: "body.stage4.se.conv1.weight", own: "stage_d4.conv2.0.se_block.0.weight"),
        names: Self.authorsNames)
    ]
  }

  /// The last convolution joins the two levels in the other order there.
  private static let authorsNames: Renaming = {
    var names: [Renaming] = [
      .block("stem", "conv_init"), .block("decoder.head16", "decoder.conv_d16"),
      .block("decoder.head8", "decoder.conv_d8_stage1"), .block("decoder.head4", "decoder.conv_d4_stage1"),
      .block("decoder.conv8", "decoder.conv_d8_stage2"),
      [(theirs: "decoder.classifier", own: "decoder.conv_d4_stage2.1")],
    ]
    let blocks =
      [("body.stage4", "stage_d4")] + (0..<3).map { ("body.stage8.\($0)", "stage_d8.\($0)") }
      + (0..<14).map { ("body.stage16.\($0)", "stage_d16.\($0)") }
    for (theirs, own) in blocks {
      names += [
        .block(theirs, "\(own).conv1", convolution: "conv1", normalization: "bn1"),
        .block(theirs, "\(own).conv_left", convolution: "conv2", normalization: "bn2"),
        .block(theirs, "\(own).conv2.1", convolution: "conv3", normalization: "bn3"),
        .block("\(theirs).shortcut", "\(own).conv_skip.1"),
        [
          (theirs: "\(theirs).conv2.convs.0", own: "\(own).conv_left.0"),
          (theirs: "\(theirs).conv2.convs.1", own: "\(own).conv_right.0"),
        ],
      ]
    }
    return Renaming(joining: names)
  }()
}
