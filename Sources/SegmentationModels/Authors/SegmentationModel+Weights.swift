import Torch

extension SegmentationModel {
  /// Finds this network's weights in what a checkpoint holds, under the network's own names or under those that its
  /// authors or an earlier version of a library give them. The names in the checkpoint tell which.
  ///
  /// - Parameters:
  ///   - file: Where the checkpoint is, for errors.
  ///   - network: The network's name, for errors.
  ///   - partly: Whether weights of a network that is built differently are taken as far as layers are alike, as for the
  ///     start of a training.
  /// - Throws: `CheckpointError` if there are no weights, or if several places hold some. `ForeignStructure` for a
  ///   checkpoint of a network that is built differently.
  public func weights(
    in content: PickleValue, file: String, network: String, partly: Bool = false
  ) throws -> NetworkWeights {
    guard let maps = (self as? any ForeignSpellings)?.keyMaps, !maps.isEmpty else {
      return try NetworkWeights(in: content, file: file, shapes: stateShapes)
    }
    let shapes = content.tensorShapes
    guard let map = maps.first(where: { $0.matches(shapes.keys) }) else {
      return try NetworkWeights(in: content, file: file, shapes: stateShapes)
    }
    if let difference = map.difference, !partly || map.names == nil {
      let theirs = shapes.first { $0.key == difference.theirs || $0.key.hasSuffix(".\(difference.theirs)") }?.value
      throw ForeignStructure(
        map, difference, file: file, network: network, theirs: theirs, own: difference.own.flatMap { stateShapes[$0] })
    }
    let names = map.names ?? []
    return try NetworkWeights(in: content, file: file, shapes: stateShapes, spelling: { names($0) })
      .renamed(from: map.origin) { names($0) ?? $0 }
  }
}
