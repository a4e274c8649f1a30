extension STDC: ForeignSpellings {
  var keyMaps: [KeyMap] {
    [
      KeyMap(
        origin: "a checkpoint of STDC's authors (github.com/MichaelFan01/STDC-Seg)",
        marks: ["cp.backbone.features.0.conv.weight", "cp.arm16.conv.conv.weight", "conv_out.conv_out.weight"],
        difference: KeyMap.Difference(
          text: "its modules that halve the size have one more convolution",
          theirs: "cp.backbone.features.2.avd_layer.0.weight"),
        names: .stdcStages(
          "cp.backbone.features", "", modules: [stage3, stage4, stage5].map(\.layers.count)))
    ]
  }
}

extension Renaming {
  /// The stages of an STDC encoder, whose layers are numbered through there.
  /// - Parameters:
  ///   - own: What stands before the stages' names here.
  ///   - modules: The number of modules in stages 3, 4 and 5.
  static func stdcStages(_ theirs: String, _ own: String, modules: [Int]) -> Renaming {
    var names: [Renaming] = [block("\(theirs).0", "\(own)stage1"), block("\(theirs).1", "\(own)stage2")]
    var number = 2
    for (stage, count) in modules.enumerated() {
      for module in 0..<count {
        for index in 0..<4 {
          names.append(
            block("\(theirs).\(number).conv_list.\(index)", "\(own)stage\(stage + 3).\(module).block\(index + 1)"))
        }
        number += 1
      }
    }
    return Renaming(joining: names)
  }
}
