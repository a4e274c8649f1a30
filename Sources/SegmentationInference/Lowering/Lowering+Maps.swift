import SegmentationModels
import Torch

// Resizing, pooling, reduction, and the class map.
extension Lowering {
  mutating func lower(_ resize: Graph.Resize, of node: Graph.Node) throws {
    guard isMapShape(shape(resize.input)), isMapShape(shape(node.output)) else {
      throw unsupported(node, "more than one image")
    }
    let input = try map(resize.input)
    let operand = try resize.operand.map { try map($0.value) }
    let output = makeMap(of: node.output)
    guard let activation = parameters(resize.activation, channels: plan.tensors[output].channels) else {
      throw unsupported(node, "its activation")
    }
    let alignCorners: Bool
    switch resize.mode {
    case .nearest: alignCorners = false
    case .bilinear(let isAligned): alignCorners = isAligned
    case .bicubic, .antialiasedBicubic: throw unsupported(node, "cubic resizing that was not expanded")
    }
    let isReplaceable = operand.map { root($0) != root(input) } ?? false
    add(
      node,
      .resize(
        isNearest: resize.mode == .nearest, alignCorners: alignCorners, resize.operand?.operator.kernel ?? .add,
        activation), [input] + (operand.map { [$0] } ?? []), [output], replaceable: isReplaceable ? [1] : [])
  }

  mutating func lower(_ classMap: Graph.ClassMap, of node: Graph.Node) throws {
    let scores = try map(classMap.input)
    guard plan.tensors[scores].channels <= 256 else { throw unsupported(node, "more than 256 classes") }
    let shape = shape(node.output)
    let place = makeTensor(shape + [1], order: [0, 1, 2, 3], .classes)
    plan.tensors[place.tensor].dimensions = [shape[1], shape[2], 1]
    places[node.output] = Place(tensor: place.tensor, shape: shape, strides: Place.rowMajor(shape))
    add(node, .classMap(alignCorners: classMap.alignCorners), [scores], [place.tensor])
  }

  mutating func lower(_ pool: Graph.Pool, of node: Graph.Node) throws {
    guard isMapShape(shape(pool.input)), isMapShape(shape(node.output)) else {
      throw unsupported(node, "more than one image")
    }
    let input = try map(pool.input)
    let output = makeMap(of: node.output)
    let window = Program.Window(
      kernel: pool.kernel, stride: pool.stride, padding: pool.padding, dilation: pool.dilation)
    switch pool.kind {
    case .average(let countsPadding):
      add(node, .averagePool(window, countsPadding: countsPadding), [input], [output])
    case .max:
      var outputs = [output]
      if node.outputs.count > 1, isRead(node.outputs[1]) {
        // The positions of the largest values: 32-bit integers of shape [height, width, channels].
        let positions = makeMap(shape(node.output), .positions)
        places[node.outputs[1]] = positions
        outputs.append(positions.tensor)
      }
      add(node, .maxPool(window), [input], outputs)
    }
  }

  mutating func lower(_ unpool: Graph.Unpool, of node: Graph.Node) throws {
    let input = try map(unpool.input)
    let positions = try place(unpool.positions)
    guard plan.tensors[positions.tensor].element == .positions else {
      throw unsupported(node, "positions that no pooling makes")
    }
    add(node, .maxUnpool, [input, positions.tensor], [makeMap(of: node.output)])
  }

  mutating func lower(_ reduce: Graph.Reduce, of node: Graph.Node) throws {
    let shape = shape(reduce.input)
    if isMapShape(shape), reduce.axes == [2, 3], reduce.kind == .mean || reduce.kind == .largest {
      let input = try map(reduce.input)
      var place = makeMap([1, shape[1], 1, 1], .number)
      add(node, reduce.kind == .mean ? .adaptiveAveragePool : .adaptiveMaxPool, [input], [place.tensor])
      if !reduce.keepsAxes { (place.shape, place.strides) = ([1, shape[1]], [shape[1], 1]) }
      places[node.output] = place
      return
    }
    let kept = shape.indices.filter { !reduce.axes.contains($0) }
    let count = reduce.axes.reduce(1) { $0 * shape[$1] }
    let source: Place
    if isMapShape(shape), reduce.axes == [1] {
      var place = try place(reduce.input, order: Place.channelsLast(rank: 4))
      place.tensor = map(place)
      source = place
    } else {
      source = try place(reduce.input, order: kept + reduce.axes, channels: count)
    }
    // The remaining axes lie in their order, without gaps.
    let output = makePixels(node.output, like: source.tensor, channels: 1)
    add(node, .reduce(reduce.kind.kernel), [source.tensor], [output])
  }

  mutating func lower(_ permutation: Graph.PermuteChannels, of node: Graph.Node) throws {
    guard permutation.shufflesHalves else {
      return try lowerMap(permutation.input, of: node, .permuteChannels(permutation.order))
    }
    let (input, half) = (try map(permutation.input), permutation.order.count / 2)
    let halves = [makePart(of: input, 0..<half), makePart(of: input, half..<2 * half)]
    add(node, .interleave, halves, [makeMap(of: node.output)])
  }

  mutating func lower(_ shuffle: Graph.Shuffle, of node: Graph.Node) throws {
    let inputs = try ([shuffle.first, shuffle.second] + (shuffle.scale.map { [$0] } ?? [])).map { try map($0) }
    add(node, .interleave, inputs, [makeMap(of: node.output)])
  }
}

extension Graph.AdaptivePool {
  /// The kernel that pools.
  var kernel: Program.Kernel { kind == .max ? .adaptiveMaxPool : .adaptiveAveragePool }
}

extension Graph.Reduce.Kind {
  fileprivate var kernel: Program.Reduction {
    switch self {
    case .mean: .mean
    case .largest: .largest
    case .sum: .sum
    case .norm: .norm
    }
  }
}
