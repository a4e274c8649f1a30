extension EncoderDecoder: ForeignSpellings {
  /// DeepLabV3's decoder had numbers for names before version 0.4 of segmentation_models.pytorch, and some encoders were not
  /// within a property `model` before version 0.5. The PyTorch reference's checkpoints are of 0.3.2.
  var keyMaps: [KeyMap] {
    let encoder = earlierEncoder
    var maps: [KeyMap] = []
    if decoder is DeepLabV3Decoder {
      var names: Renaming = [
        (theirs: "decoder.0", own: "decoder.aspp"), (theirs: "decoder.1", own: "decoder.conv"),
        (theirs: "decoder.2", own: "decoder.bn"), (theirs: "segmentation_head", own: "segmentation_head"),
      ]
      names = Renaming(joining: [names, encoder?.names ?? [(theirs: "encoder", own: "encoder")]])
      maps.append(
        KeyMap(
          origin: "a checkpoint of segmentation_models.pytorch before 0.4",
          marks: ["decoder.0.convs.0.0.weight", "decoder.2.running_mean", "segmentation_head.0.weight"], names: names))
    }
    if let encoder {
      let names = Renaming(joining: [
        encoder.names,
        [(theirs: "decoder", own: "decoder"), (theirs: "segmentation_head", own: "segmentation_head")],
      ])
      maps.append(
        KeyMap(
          origin: "a checkpoint of segmentation_models.pytorch before 0.5",
          marks: [encoder.mark, "segmentation_head.0.weight"], names: names))
    }
    return maps
  }

  /// The earlier names of an encoder's tensors, and one of them that all checkpoints hold.
  private var earlierEncoder: (mark: String, names: Renaming)? {
    let within: Renaming = [(theirs: "encoder", own: "encoder.model")]
    switch encoder {
    case is RegNet: return ("encoder.stem.conv.weight", within)
    case is GERNet:
      let stages = (0..<5).map { (theirs: "encoder.stages.\($0)", own: "encoder.model.stages_\($0)") }
      return ("encoder.stem.conv.weight", Renaming(joining: [within, Renaming(stages)]))
    case is Res2Net: return ("encoder.conv1.weight", within)
    case is ResNeSt: return ("encoder.conv1.0.weight", within)
    default: return nil
    }
  }
}
