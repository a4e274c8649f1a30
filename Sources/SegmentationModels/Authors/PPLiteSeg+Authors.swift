extension PPLiteSeg: ForeignSpellings {
  var keyMaps: [KeyMap] {
    let encoder = encoder.encoder
    var names = Renaming.stdcStages(
      "backbone.features", "encoder.encoder.",
      modules: [encoder.stage3, encoder.stage4, encoder.stage5].map(\.layers.count))
    names.endings = ["_mean": "running_mean", "_variance": "running_var"]
    return [
      KeyMap(
        origin: "a checkpoint of PaddleSeg",
        marks: ["backbone.features.0.conv.weight", "ppseg_head.arm_list.0.conv_x._conv.weight"],
        difference: KeyMap.Difference(
          text: "its fusions filter the finer map by a convolution of 3x3 with a normalization",
          theirs: "ppseg_head.arm_list.0.conv_x._conv.weight", own: "decoder.fusion2.conv.weight"),
        names: names)
    ]
  }
}
