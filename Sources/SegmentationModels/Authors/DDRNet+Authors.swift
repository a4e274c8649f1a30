extension DDRNet: ForeignSpellings {
  var keyMaps: [KeyMap] {
    [
      KeyMap(
        origin: "a checkpoint of DDRNet's authors (github.com/ydhongHIT/DDRNet)",
        marks: ["spp.scale0.0.weight", "layer5_.0.conv1.weight", "final_layer.conv2.weight"],
        difference: KeyMap.Difference(
          text: "in its pyramid pooling and head normalizations stand before the convolutions",
          theirs: "spp.scale0.0.weight", own: "conv5.dappm.conv1.1.weight",
          network: name.hasPrefix("ddrnet-") ? "dualresnet-" + name.dropFirst("ddrnet-".count) : nil),
        names: Self.authorsNames)
    ]
  }

  private static let authorsNames: Renaming = {
    /// Residual blocks one after another.
    func chain(_ theirs: String, _ own: String, from first: Int = 0) -> Renaming {
      var names: [Renaming] = []
      for index in 0..<4 {
        let (theirs, own) = ("\(theirs).\(index)", "\(own).\(index + first)")
        names.append([(theirs: "\(theirs).downsample", own: "\(own).conv_down")])
        for number in 1...3 {
          names.append(
            .block(theirs, "\(own).conv\(number)", convolution: "conv\(number)", normalization: "bn\(number)"))
        }
      }
      return Renaming(joining: names)
    }
    let stem: Renaming = [
      (theirs: "conv1.0", own: "conv1.0"), (theirs: "conv1.1", own: "conv1.1"),
      (theirs: "conv1.3", own: "conv2.conv.0.0"), (theirs: "conv1.4", own: "conv2.conv.0.1"),
    ]
    let fusions: Renaming = [
      (theirs: "compression3", own: "conv4.bilateral_fusion1.conv_low"),
      (theirs: "compression3_1", own: "conv4.bilateral_fusion1.conv_low"),
      (theirs: "compression3_2", own: "conv4.bilateral_fusion2.conv_low"),
      (theirs: "down3", own: "conv4.bilateral_fusion1.conv_high"),
      (theirs: "down3_1", own: "conv4.bilateral_fusion1.conv_high"),
      (theirs: "down3_2", own: "conv4.bilateral_fusion2.conv_high"),
      (theirs: "compression4", own: "conv5.bilateral_fusion.conv_low"),
    ]
    let stages = [
      ("layer2", "conv3.conv"), ("layer3", "conv4.low_conv1"), ("layer3_1", "conv4.low_conv1"),
      ("layer3_2", "conv4.low_conv2"), ("layer3_", "conv4.high_conv1"), ("layer3_1_", "conv4.high_conv1"),
      ("layer3_2_", "conv4.high_conv2"), ("layer4", "conv5.low_conv1"), ("layer4_", "conv5.high_conv1"),
      ("layer5", "conv5.low_conv2"), ("layer5_", "conv5.high_conv2"),
    ]
    return Renaming(joining: [stem, fusions, chain("layer1", "conv2.conv", from: 1)] + stages.map { chain($0, $1) })
  }()
}
