import SegmentationInference
import SegmentationModels
import TestSupport
import Testing
import Torch

/// Each pass on small networks: what it makes of the nodes, and that numbers stay.
@Suite struct GraphPassTests {
  private final class Network: SegmentationModel {
    let layers: [Module]
    let body: (Tensor) -> Tensor

    init(_ layers: [Module], _ body: @escaping (Tensor) -> Tensor) {
      self.layers = layers
      self.body = body
    }

    override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput { SegmentationOutput(logits: body(x)) }
  }

  private let input = Formula.input([1, 4, 6, 8])

  /// Optimizes what `body` does and compares.
  private func optimize(_ layers: [Module] = [], _ body: @escaping (Tensor) -> Tensor) throws -> Graph {
    let network = Network(layers, body)
    for (name, tensor) in network.namedState where tensor.dtype == .float32 {
      Formula.fill(tensor, key: name, as: name.hasSuffix("running_var") ? .runningVar : .bias)
    }
    let result = try GraphOptimizer()(Graph.capture(network, inputShape: input.shape))
    let expected = withoutGradients { network.eval()(input).logits }
    let found = try GraphExecutor(result.graph)([input])[0]
    #expect(found.shape == expected.shape)
    #expect((found - expected).abs().max().item <= 1e-6 * max(1, expected.abs().max().item), "\(result.report)")
    return result.graph
  }

  private func names(_ graph: Graph) -> [String] {
    graph.nodes.map(\.operator.name)
  }

  private func convolution(_ node: Graph.Node) -> Graph.Convolution? {
    if case .convolution(let convolution) = node.operator { convolution } else { nil }
  }

  // MARK: - Convolutions

  @Test func normalizationFoldsIntoConvolutions() throws {
    let conv = Conv2d(4, 6, kernel: 3, groups: 2, bias: false)
    let transposed = ConvTranspose2d(6, 4, kernel: 2, stride: 2, groups: 2)
    let (first, second) = (BatchNorm2d(6), BatchNorm2d(4))
    let graph = try optimize([conv, transposed, first, second]) { second(transposed(first(conv($0)))) }
    #expect(names(graph) == ["conv", "conv_transpose"])
    #expect(graph.nodes.map(\.module) == ["layers.0", "layers.1"])
  }

  @Test func normalizationStaysWhereOthersRead() throws {
    let (conv, norm, prelu) = (Conv2d(4, 4, kernel: 1), BatchNorm2d(4), PReLU(4))
    #expect(
      try names(optimize([conv, norm]) { x in cat([conv(x), norm(conv(x))]) }) == ["conv", "conv", "concatenate"])
    let shared = try optimize([conv, norm]) { x in
      let y = conv(x)
      return cat([y, norm(y)])
    }
    #expect(names(shared) == ["conv", "affine", "concatenate"])
    let double = BatchNorm2d(8)
    let joined = try optimize([conv, double]) { x in double(cat([x, x])).relu() }
    #expect(names(joined) == ["concatenate", "affine"])
    #expect(joined.nodes[1].operator.activation == .relu)
    let gated = try optimize([norm, prelu]) { x in prelu(norm(x)) }
    #expect(names(gated) == ["affine"])
    #expect(gated.nodes[0].operator.activation == .prelu(slope: gated.nodes[0].inputs[3]))
  }

  /// If half of the channels come from convolutions, these take over their share.
  @Test func normalizationOfJoinedMapsFolds() throws {
    let (conv, norm, prelu) = (Conv2d(4, 4, kernel: 1), BatchNorm2d(8), PReLU(8))
    let graph = try optimize([conv, norm, prelu]) { x in prelu(norm(cat([conv(x), x]))) }
    #expect(names(graph) == ["conv", "affine", "concatenate"])
    let slopes = graph.nodes[..<2].map { graph[$0.inputs.last!].constant!.elements(Float.self) }
    #expect(slopes[0] + slopes[1] == prelu.weight.detached().elements(Float.self))
    let (wide, wideNorm) = (Conv2d(4, 3, kernel: 1), BatchNorm2d(7))
    #expect(
      try names(optimize([wide, wideNorm]) { x in wideNorm(cat([x, wide(x)])) }) == ["conv", "concatenate", "affine"])
  }

  @Test func normalizationAfterResidualsStays() throws {
    let (conv, norm) = (Conv2d(4, 4, kernel: 1), BatchNorm2d(4))
    #expect(try names(optimize([conv, norm]) { x in norm(conv(x) + x).relu() }) == ["conv", "affine"])
    #expect(try names(optimize([conv, norm]) { x in norm(conv(x).relu() + x) }) == ["conv", "affine"])
  }

  @Test func scalarsFoldIntoLayers() throws {
    let conv = Conv2d(4, 4, kernel: 1)
    let linear = Linear(4, 3)
    #expect(try names(optimize([conv]) { 1 - (conv($0) * 3 + 1) / 7 }) == ["conv"])
    #expect(try names(optimize([linear]) { 2 * linear($0.max([2, 3])) }) == ["largest", "linear"])
  }

  @Test func constantPaddingFolds() throws {
    let conv = Conv2d(4, 4, kernel: 3, padding: 1)
    let even = try optimize([conv]) { conv($0.pad(left: 2, right: 2, top: 1, bottom: 1)) }
    #expect(names(even) == ["conv"])
    #expect(convolution(even.nodes[0])?.padding == [2, 3])
    let uneven = try optimize([conv]) { conv($0.pad(right: 1, bottom: 1)) }
    #expect(names(uneven) == ["conv"])
    #expect(convolution(uneven.nodes[0])?.padding == [1, 1])
    let left = Conv2d(4, 4, kernel: 3, stride: 2)
    #expect(try names(optimize([left]) { left($0.pad(left: 2, top: 1)) }) == ["conv"])
    #expect(try names(optimize([conv]) { conv($0.pad(left: 1, right: -1)) }) == ["pad", "conv"])
    #expect(try names(optimize([conv]) { conv($0.pad(left: 1, right: 1, value: 1)) }) == ["pad", "conv"])
  }

  @Test func `sums of convolutions of one map are one convolution`() throws {
    let (first, second) = (Conv2d(4, 4, kernel: 3, padding: 1), Conv2d(4, 4, kernel: 3, padding: 1, bias: false))
    let (point, norm) = (Conv2d(4, 4, kernel: 1), BatchNorm2d(4))
    let block = try optimize([first, second, point, norm]) { x in
      (first(x) + second(x) + point(x) + norm(x)).relu()
    }
    #expect(names(block) == ["conv"])
    #expect(block.nodes[0].operator.activation == .relu)
    let grouped = Conv2d(4, 4, kernel: 3, padding: 1, groups: 2)
    #expect(try names(optimize([grouped, norm]) { x in norm(x) + grouped(x) }) == ["conv"])
    let (wide, narrow) = (Conv2d(4, 4, kernel: 5, padding: 2), Conv2d(4, 4, kernel: [1, 3], padding: [0, 1]))
    #expect(try names(optimize([wide, narrow]) { x in narrow(x) + wide(x) }) == ["conv"])
    let (strided, point2) = (Conv2d(4, 6, kernel: 3, stride: 2, padding: 1), Conv2d(4, 6, kernel: 1, stride: 2))
    #expect(try names(optimize([strided, point2]) { x in strided(x) + point2(x) }) == ["conv"])
    let dilated = Conv2d(4, 4, kernel: 3, padding: 2, dilation: 2)
    #expect(try names(optimize([dilated, point]) { x in dilated(x) + point(x) }) == ["conv"])
  }

  @Test func `other sums stay`() throws {
    let (first, point) = (Conv2d(4, 4, kernel: 3, padding: 1), Conv2d(4, 4, kernel: 1))
    let dilated = Conv2d(4, 4, kernel: 3, padding: 2, dilation: 2)
    #expect(try names(optimize([first, dilated]) { x in first(x) + dilated(x) }) == ["conv", "conv"])
    #expect(try names(optimize([first, point]) { x in first(x) + point(x).relu() }) == ["conv", "conv"])
    let (tall, flat) = (
      Conv2d(4, 4, kernel: [3, 1], padding: [1, 0]), Conv2d(4, 4, kernel: [1, 3], padding: [0, 1])
    )
    #expect(try names(optimize([tall, flat]) { x in tall(x) + flat(x) }) == ["conv", "conv"])
    let grouped = Conv2d(4, 4, kernel: 1, groups: 2)
    #expect(try names(optimize([first, grouped]) { x in first(x) + grouped(x) }) == ["conv", "conv"])
    let shared = try optimize([first, point]) { x in
      let y = point(x)
      return cat([first(x) + y, y])
    }
    #expect(names(shared) == ["conv", "conv", "concatenate"])
  }

  @Test func `a 1x1 convolution joins the one before it if that is no more work`() throws {
    let (first, point) = (Conv2d(4, 4, kernel: 3, stride: 2, padding: 1), Conv2d(4, 3, kernel: 1))
    #expect(try names(optimize([first, point]) { x in point(first(x)) }) == ["conv"])
    #expect(try names(optimize([first, point]) { x in point(first(x).relu()) }) == ["conv", "conv"])
    // Through one channel: 4 + 8 products for each pixel, and not 32.
    let (narrow, wide) = (Conv2d(4, 1, kernel: 1), Conv2d(1, 8, kernel: 1))
    #expect(try names(optimize([narrow, wide]) { x in wide(narrow(x)) }) == ["conv", "conv"])
    // The border is padded after the first convolution.
    let padded = Conv2d(4, 4, kernel: 1, padding: 1)
    #expect(try names(optimize([first, padded]) { x in padded(first(x)) }) == ["conv", "conv"])
    let depthwise = Conv2d(4, 4, kernel: 3, padding: 1, groups: 4)
    #expect(try names(optimize([depthwise, point]) { x in point(depthwise(x)) }) == ["conv", "conv"])
  }

  // MARK: - Activations, residuals

  @Test(arguments: Activation.Kind.allCases) func `activations fold into convolutions`(_ kind: Activation.Kind) throws {
    let (conv, activation) = (Conv2d(4, 4, kernel: 1), Activation(kind))
    let graph = try optimize([conv, activation]) { activation(conv($0)) }
    #expect(names(graph) == ["conv"])
    #expect((graph.nodes[0].operator.activation == .identity) == (kind == .none))
    #expect(
      try names(optimize([activation]) { activation($0) * $0 }).count == (kind == .none ? 1 : 2)
        - (kind == .sigmoid ? 1 : 0))
  }

  @Test func `residual additions fold into convolutions`() throws {
    let (conv, other) = (Conv2d(4, 4, kernel: 1), Conv2d(4, 4, kernel: 1, bias: false))
    let before = try optimize([conv, other]) { x in (conv(x) + other(x.relu())).relu() }
    #expect(names(before) == ["conv", "unary", "conv"])
    #expect(convolution(before.nodes[0])?.residual == .some(.none))
    #expect(convolution(before.nodes[2])?.residual == .before(before.nodes[0].output))
    #expect(before.nodes[2].operator.activation == .relu)
    let after = try optimize([conv]) { $0 + conv($0).relu() }
    #expect(names(after) == ["conv"])
    #expect(convolution(after.nodes[0])?.residual == .after(after.inputs[0]))
    let both = try optimize([conv]) { (conv($0).relu() + $0).relu() }
    #expect(names(both) == ["conv", "binary"])
    #expect(both.nodes[1].operator.activation == .relu)
    let shared = try optimize([conv]) { x in
      let y = conv(x) + x
      return cat([y, y.relu()])
    }
    #expect(names(shared) == ["conv", "unary", "concatenate"])
    // Broadcasting is no residual.
    #expect(
      try names(optimize([conv]) { conv($0) + $0.mean([2, 3], keep: true) }) == [
        "conv", "adaptive_average_pool", "binary",
      ])
    // x + x reads the convolution twice.
    #expect(
      try names(
        optimize([conv]) { x in
          let y = conv(x)
          return y + y
        }) == ["conv", "binary"])
  }

  // MARK: - Shapes

  @Test func `views and transposes become a shuffle of channels`() throws {
    let graph = try optimize { x in
      x.view([1, 2, 2, 6, 8]).transpose(1, 2).contiguous().view([1, 4, 6, 8])
    }
    #expect(names(graph) == ["permute_channels"])
    guard case .permuteChannels(let permutation) = graph.nodes[0].operator else { return }
    #expect(permutation.order == [0, 2, 1, 3])
    let back = try optimize { x in
      let shuffled = x.view([1, 2, 2, 6, 8]).permute([0, 2, 1, 3, 4]).reshape([1, 4, 6, 8])
      return shuffled.flatten(from: 2).view([1, 4, 6, 8]).transpose(2, 3).permute([0, 1, 3, 2])
    }
    #expect(names(back) == ["permute_channels"])
  }

  @Test func `splits and selections become slices`() throws {
    let (conv, other) = (Conv2d(4, 4, kernel: 1), Conv2d(4, 2, kernel: 1))
    let parts = try optimize([conv]) { x in
      let parts = conv(x).split([1, 3])
      return cat([parts[1].slice(1..<3, dimension: 1), parts[0], x.select(2, dimension: 1).unsqueeze(1)])
    }
    #expect(names(parts) == ["conv", "slice", "slice", "slice", "concatenate"])
    #expect(
      parts.nodes.compactMap { if case .slice(let slice) = $0.operator { slice.offset } else { nil } }.sorted() == [
        0, 2, 2,
      ])
    let joined = try optimize([conv, other]) { x in
      let halves = cat([conv(x), cat([other(x), other(x).relu()])]).chunk(2)
      return halves[0] * halves[1]
    }
    #expect(names(joined) == ["conv", "conv", "conv", "concatenate", "binary"])
  }

  @Test func identitiesAndConstantsGo() throws {
    let graph = try optimize { x in
      let y = x.dropout(0.5, training: false).expand([1, 4, 6, 8]).upsampleBilinear2d(
        size: ImageSize(height: 6, width: 8), alignCorners: true)
      _ = y.exp()
      return y.silu() * (Tensor.ones([4, 1, 1]) + 1)
    }
    #expect(names(graph) == ["unary", "affine"])
    #expect(graph[graph.nodes[1].inputs[1]].constant?.elements(Float.self) == [2, 2, 2, 2])
  }

  /// Linear layers over channels of one pixel, as squeeze-and-excitation has them.
  @Test func `linear layers of one pixel become convolutions`() throws {
    let (down, up) = (Linear(4, 2), Linear(2, 4, bias: false))
    let graph = try optimize([down, up]) { x in
      let mean = x.adaptiveAvgPool2d(1).view([1, 4])
      return x * up(down(mean).relu()).sigmoid().view([1, 4, 1, 1])
    }
    #expect(names(graph) == ["adaptive_average_pool", "conv", "conv", "binary"])
    #expect(graph.nodes[1...2].map(\.operator.activation) == [.relu, .sigmoid])
  }

  @Test func `poolings and reductions become the simplest operators`() throws {
    #expect(try names(optimize { $0.adaptiveAvgPool2d([3, 2]) }) == ["average_pool"])
    #expect(try names(optimize { $0.adaptiveAvgPool2d([4, 2]) }) == ["adaptive_average_pool"])
    #expect(try names(optimize { $0.mean([2, 3]) }) == ["adaptive_average_pool", "reshape"])
    #expect(try names(optimize { $0.mean([1]) }) == ["mean"])
    #expect(try names(optimize { $0.maxWithIndices(dimension: 1).values }) == ["largest"])
    #expect(try names(optimize { $0.maxWithIndices(dimension: 1).indices }) == ["max"])
    let spread = try optimize { $0.mean([2, 3], keep: true).expand([1, 4, 5, 7]) }
    #expect(names(spread) == ["adaptive_average_pool", "resize"])
    #expect(spread[spread.nodes[1].output].shape == [1, 4, 5, 7])
    #expect(try names(optimize { stack([$0, $0.exp(), $0]).sum([0]) }) == ["exp", "binary", "binary"])
  }

  @Test(arguments: [ImageSize(height: 4, width: 3), ImageSize(height: 11, width: 20), ImageSize(height: 6, width: 8)])
  func `cubic resizing becomes products with the same numbers`(_ size: ImageSize) throws {
    for resize: (Tensor) -> Tensor in [
      { $0.upsampleBicubic2d(size: size, alignCorners: false) },
      { $0.upsampleBicubic2d(size: size, alignCorners: true) },
      { $0.upsampleBicubic2d(size: size, antialias: true) },
    ] {
      let kinds = try names(optimize([], resize))
      #expect(size == input.spatialSize ? kinds.isEmpty : kinds.filter { $0 == "matmul" }.count == 2, "\(kinds)")
    }
  }

  @Test func `a file for any size keeps weights that are resized as nodes`() throws {
    let codes = Conv2d(2, 3, kernel: 4)
    let network = Network([codes]) { x in
      let resized = codes.weight.upsampleBicubic2d(size: x.spatialSize, antialias: true).mean([0, 1])
      return x + resized
    }
    for (forAnySize, expected) in [(true, ["resize", "mean", "binary"]), (false, ["binary"])] {
      for size in [(6, 8), (4, 4)] {
        let graph = try Graph.capture(network, inputShape: [1, 4, size.0, size.1])
        let passes = GraphOptimizer.exporting(foldsBatchNorm: true, forAnySize: forAnySize)
        #expect(names(GraphOptimizer(passes: passes)(graph).graph) == expected)
      }
    }
  }

  // MARK: - Ends

  @Test(arguments: [true, false]) func `resizing is part of the class map's operator`(_ alignCorners: Bool) throws {
    let resized = try optimize {
      $0.upsampleBilinear2d(size: ImageSize(height: 12, width: 20), alignCorners: alignCorners)
    }
    #expect(resized.tail == .bilinear(size: ImageSize(height: 12, width: 20), alignCorners: alignCorners))
    let classes = resized.withClassMapOutput()
    #expect(names(classes) == ["class_map"])
    let expected = input.upsampleBilinear2d(size: ImageSize(height: 12, width: 20), alignCorners: alignCorners).argmax(
      dimension: 1)
    let found = try GraphExecutor(classes)([input])[0]
    #expect(found.dtype == .uint8 && found.to(dtype: .int64).equals(expected))

    let active = try optimize {
      $0.upsampleBilinear2d(size: ImageSize(height: 12, width: 20), alignCorners: alignCorners).relu()
    }
    #expect(active.tail == .none)
    #expect(names(active.withClassMapOutput()) == ["resize", "unary", "class_map"])
  }
}
