extension FastSCNN: ForeignSpellings {
  var keyMaps: [KeyMap] {
    [
      KeyMap(
        origin: "a checkpoint of github.com/Tramac/Fast-SCNN-pytorch",
        marks: [
          "learning_to_downsample.dsconv1.conv.0.weight",
          "global_feature_extractor.bottleneck1.0.block.0.conv.0.weight",
        ],
        difference: KeyMap.Difference(
          text: "its second stage has one block more, and its scores have no normalization",
          theirs: "global_feature_extractor.bottleneck2.2.block.2.weight"),
        names: Self.authorsNames)
    ]
  }

  private static let authorsNames: Renaming = {
    /// Two blocks whose layers are numbered through there.
    func separable(_ theirs: String, _ own: String) -> Renaming {
      Renaming(joining: [
        .block("\(theirs).conv", "\(own).0", convolution: "0", normalization: "1"),
        .block("\(theirs).conv", "\(own).1", convolution: "3", normalization: "4"),
      ])
    }
    var names: [Renaming] = [
      [
        (theirs: "learning_to_downsample.conv.conv", own: "learning_to_downsample.0"),
        (theirs: "global_feature_extractor.ppm.out.conv", own: "global_feature_extractor.ppm.conv"),
        (theirs: "feature_fusion.dwconv.conv", own: "feature_fusion.lower_res_conv.0"),
        (theirs: "feature_fusion.conv_lower_res.0", own: "feature_fusion.lower_res_conv.1"),
        (theirs: "feature_fusion.conv_higher_res.0", own: "feature_fusion.higher_res_conv"),
      ],
      separable("learning_to_downsample.dsconv1", "learning_to_downsample.1"),
      separable("learning_to_downsample.dsconv2", "learning_to_downsample.2"),
      separable("classifier.dsconv1", "classifier.0"), separable("classifier.dsconv2", "classifier.1"),
    ]
    let blocks =
      (0..<3).map { ("bottleneck1.\($0)", $0) } + (0..<2).map { ("bottleneck2.\($0)", 3 + $0) }
      + (0..<3).map { ("bottleneck3.\($0)", 5 + $0) }
    for (theirs, number) in blocks {
      let (theirs, own) = (
        "global_feature_extractor.\(theirs).block", "global_feature_extractor.bottlenecks.\(number).conv"
      )
      names.append([
        (theirs: "\(theirs).0.conv", own: "\(own).0"), (theirs: "\(theirs).1.conv", own: "\(own).1"),
        (theirs: "\(theirs).2", own: "\(own).2.0"), (theirs: "\(theirs).3", own: "\(own).2.1"),
      ])
    }
    for number in 1...4 {
      names.append([
        (
          theirs: "global_feature_extractor.ppm.conv\(number).conv.0",
          own: "global_feature_extractor.ppm.stage\(number).1"
        )
      ])
    }
    return Renaming(joining: names)
  }()
}
