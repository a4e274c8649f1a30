import Torch

// Operators that move elements, or not even that.
extension Lowering {
  mutating func lower(_ reshape: Graph.Reshape, of node: Graph.Node) throws {
    let target = shape(node.output)
    let source = try place(reshape.input)
    places[node.output] =
      source.reshaped(target) ?? arranged(source, order: Array(source.shape.indices)).reshaped(target)!
  }

  mutating func lower(_ permute: Graph.Permute, of node: Graph.Node) throws {
    var place = try place(permute.input)
    place = Place(
      tensor: place.tensor, offset: place.offset, shape: permute.order.map { place.shape[$0] },
      strides: permute.order.map { place.strides[$0] })
    places[node.output] = place
  }

  mutating func lower(_ slice: Graph.Slice, of node: Graph.Node) throws {
    let (source, result) = (shape(slice.input), shape(node.output))
    let length = result[slice.axis]
    if isMapShape(source), slice.axis == 1 {
      // A range of channels is a map in the same memory.
      let part = makePart(of: try map(slice.input), slice.offset..<slice.offset + length)
      places[node.output] = Place(
        tensor: part, shape: result, strides: Place.strides(of: result, order: Place.channelsLast(rank: 4)))
      return
    }
    var place = try place(slice.input)
    place.shape = result
    place.offset += slice.offset * place.strides[slice.axis]
    places[node.output] = place
  }

  mutating func lower(_ pad: Graph.Pad, of node: Graph.Node) throws {
    let shape = shape(node.output)
    let target =
      isMapShape(shape) ? makeMap(shape, .number) : makeTensor(shape, order: Array(shape.indices), .number)
    add(node, .fill(Float(pad.value)), [], [target.tensor])
    // The part of the input that lies inside the result, and its place there.
    var source = try place(pad.input)
    var inner = target
    for (axis, before) in pad.before.enumerated() {
      let (start, skipped) = (max(0, before), max(0, -before))
      let length = min(source.shape[axis] - skipped, shape[axis] - start)
      guard length > 0 else {
        places[node.output] = target
        return
      }
      source.offset += skipped * source.strides[axis]
      inner.offset += start * target.strides[axis]
      source.shape[axis] = length
      inner.shape[axis] = length
    }
    rearrange(source, into: inner)
    places[node.output] = target
  }

  // MARK: - Joins

  mutating func lower(_ join: Graph.Concatenate, of node: Graph.Node) throws {
    let shape = shape(node.output)
    guard isMapShape(shape), join.axis == 1 else {
      let target =
        isMapShape(shape) ? makeMap(shape, .number) : makeTensor(shape, order: Array(shape.indices), .number)
      var offset = 0
      for id in join.inputs {
        let part = try place(id)
        rearrange(
          part,
          into: Place(
            tensor: target.tensor, offset: offset * target.strides[join.axis], shape: part.shape,
            strides: target.strides))
        offset += part.shape[join.axis]
      }
      places[node.output] = target
      return
    }
    let parts = try join.inputs.map { try map($0) }
    let whole = makeMap(of: node.output)
    var channel = 0
    var seen: Set<Int> = []
    for part in parts {
      let channels = plan.tensors[part].channels
      let isFree =
        plan.tensors[part].base == nil && part != plan.input && !pinned.contains(part) && seen.insert(part).inserted
      if isFree, !isWorthCopying(part, into: whole) {
        plan.tensors[part].base = (whole, channel)
      } else {
        let place = makePart(of: whole, channel..<channel + channels)
        plan.instructions.append(
          Program.Instruction(
            name: node.operator.name, module: node.module, kernel: .copy, inputs: [part], outputs: [place]))
      }
      channel += channels
    }
    add(node, .join, [], [whole])
  }

  /// Whether copying a part into the joined map is better than writing it there at once. That is so if the part is
  /// small, the joined map is larger than the caches, and operations on small maps lie between the part and the join:
  /// the joined map would then stay in memory from the part on, and could not take turns with the operation that made
  /// it.
  private func isWorthCopying(_ part: Int, into whole: Int) -> Bool {
    guard bytes([whole]) > Self.cacheBytes, 4 * plan.tensors[part].channels < plan.tensors[whole].channels,
      let writer = plan.instructions.lastIndex(where: { $0.outputs.contains(part) })
    else { return false }
    return plan.instructions[writer...].contains { bytes($0.inputs + $0.outputs) <= Self.cacheBytes * 3 / 8 }
  }

  /// The size of caches that joins are planned for.
  private static let cacheBytes = 16 << 20

  private func bytes(_ tensors: [Int]) -> Int {
    tensors.reduce(0) { sum, index in
      let tensor = plan.tensors[index]
      let size =
        switch tensor.element {
        case .number: program.precision == .float32 ? 4 : 2
        case .quantized, .classes: 1
        case .positions: 4
        }
      return sum + tensor.count * size
    }
  }
}
