extension EncoderDecoder: ForeignSpellings {
  /// DeepLabV3's decoder had numbers for names before version 0.4; the PyTorch reference's checkpoints are of 0.3.2.
  var keyMaps: [KeyMap] {
    guard decoder is DeepLabV3Decoder else { return [] }
    return [
      KeyMap(
        origin: "a checkpoint of segmentation_models.pytorch before 0.4",
        marks: ["decoder.0.convs.0.0.weight", "decoder.2.running_mean", "segmentation_head.0.weight"],
        names: [
          (theirs: "encoder", own: "encoder"), (theirs: "decoder.0", own: "decoder.aspp"),
          (theirs: "decoder.1", own: "decoder.conv"), (theirs: "decoder.2", own: "decoder.bn"),
          (theirs: "segmentation_head", own: "segmentation_head"),
        ])
    ]
  }
}
