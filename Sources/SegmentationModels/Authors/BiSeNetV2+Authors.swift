extension BiSeNetV2: ForeignSpellings {
  var keyMaps: [KeyMap] {
    [
      KeyMap(
        origin: "a checkpoint of github.com/CoinCheung/BiSeNet",
        marks: ["segment.S5_5.conv_gap.conv.weight", "bga.left2.0.weight"],
        difference: KeyMap.Difference(
          text: "its layers have other activations, and a full convolution brings its detail branch down",
          theirs: "bga.left2.0.weight", own: "bga_layer.detail_low.0.0.weight"),
        names: Self.authorsNames)
    ]
  }

  private static let authorsNames: Renaming = {
    let detail = [("S1", 2), ("S2", 3), ("S3", 3)].flatMap { stage, count in
      (0..<count).map { "detail.\(stage).\($0)" }
    }
    var names = detail.enumerated().map { Renaming.block($1, "detail_branch.\($0)") }
    let stem = "semantic_branch.stage1to2"
    names += [
      .block("segment.S1S2.conv", "\(stem).conv_init"), .block("segment.S1S2.left.0", "\(stem).left_branch.0"),
      .block("segment.S1S2.left.1", "\(stem).left_branch.1"), .block("segment.S1S2.fuse", "\(stem).conv_last"),
    ]
    for (theirs, own, count) in [("S3", "stage3", 2), ("S4", "stage4", 2), ("S5_4", "stage5_1to4", 4)] {
      for index in 0..<count {
        names.append(layer("segment.\(theirs).\(index)", "semantic_branch.\(own).\(index)", halves: index == 0))
      }
    }
    names += [
      .block("segment.S5_5.conv_gap", "semantic_branch.stage5_5.conv_mid"),
      [
        (theirs: "segment.S5_5.bn", own: "semantic_branch.stage5_5.pool.1"),
        (theirs: "segment.S5_5.conv_last.conv", own: "semantic_branch.stage5_5.conv_last"),
        (theirs: "bga.left1", own: "bga_layer.detail_high.0"), (theirs: "bga.left1.2", own: "bga_layer.detail_high.1"),
        (theirs: "bga.left2", own: "bga_layer.detail_low.0"), (theirs: "bga.right1", own: "bga_layer.semantic_high.0"),
        (theirs: "bga.right2", own: "bga_layer.semantic_low.0"),
        (theirs: "bga.right2.2", own: "bga_layer.semantic_low.1"), (theirs: "bga.conv", own: "bga_layer.conv_last"),
      ],
    ]
    return Renaming(joining: names)
  }()

  /// A gather-and-expansion layer.
  private static func layer(_ theirs: String, _ own: String, halves: Bool) -> Renaming {
    let depthwise = halves ? ["dwconv1", "dwconv2"] : ["dwconv"]
    let left = (depthwise + ["conv2"]).enumerated().map { index, name in
      (theirs: "\(theirs).\(name)", own: "\(own).left_branch.\(index + 1)")
    }
    let right = [
      (theirs: "\(theirs).shortcut", own: "\(own).right_branch.0"),
      (theirs: "\(theirs).shortcut.2", own: "\(own).right_branch.1.0"),
      (theirs: "\(theirs).shortcut.3", own: "\(own).right_branch.1.1"),
    ]
    return Renaming(joining: [
      Renaming(left + (halves ? right : [])), .block("\(theirs).conv1", "\(own).left_branch.0"),
    ])
  }
}
