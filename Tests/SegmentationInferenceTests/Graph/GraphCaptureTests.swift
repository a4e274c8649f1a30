import SegmentationInference
import SegmentationModels
import TestSupport
import Testing
import Torch

/// The graphs that capturing makes of operators in place, views and constants, and its errors.
@Suite struct GraphCaptureTests {
  private final class Network: SegmentationModel {
    let conv = Conv2d(3, 4, kernel: 3, padding: 1)
    let body: (Conv2d, Tensor) -> Tensor

    init(_ body: @escaping (Conv2d, Tensor) -> Tensor) { self.body = body }

    override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
      SegmentationOutput(logits: body(conv, x))
    }
  }

  private let input = Formula.input([1, 3, 6, 8])

  /// Captures a network, and checks that the graph gives what it does.
  private func capture(_ body: @escaping (Conv2d, Tensor) -> Tensor) throws -> Graph {
    let network = Network(body)
    let graph = try Graph.capture(network, inputShape: input.shape)
    let expected = withoutGradients { network.eval()(input).logits }
    #expect(try GraphExecutor(graph)([input])[0].equals(expected))
    return graph
  }

  @Test func operatorsArgumentsAndModules() throws {
    let graph = try capture { conv, x in conv(x).leakyReLU(0.2) }
    #expect(
      graph.description == """
        %0 [1, 3, 6, 8] = input
        %3 [1, 4, 6, 8] = conv2d(%0, weight=conv.weight, bias=conv.bias, stride=[1, 1], padding=[1, 1], \
        dilation=[1, 1], groups=1)  @conv
        %4 [1, 4, 6, 8] = leaky_relu(%3, negative_slope=0.2)
        return %4
        """)
    #expect(graph.nodes[0].module == "conv")
    // 4 · 6 · 8 results of 3 · 3 · 3 products; image, weights and bias read.
    #expect(graph.cost(of: graph.nodes[0]).multiplyAccumulates == 192 * 27)
    #expect(graph.cost(of: graph.nodes[0]).bytesRead == 4 * (144 + 108 + 4))
    #expect(graph.cost(of: graph.nodes[0]).bytesWritten == 4 * 192)
  }

  @Test func operatorsInPlaceBecomeOthers() throws {
    let graph = try capture { conv, x in
      let y = conv(x)
      y.reluInPlace()
      y.hardtanhInPlace(0, 1)
      y.addInPlace(y)
      y.multiplyInPlace(2)
      return y
    }
    #expect(graph.nodes.map(\.operator.name) == ["conv2d", "relu", "hardtanh", "add", "mul"])
  }

  /// A view of memory that changes later, read before or after; a view made later.
  @Test func viewsOfChangedMemory() throws {
    _ = try capture { conv, x in
      let y = conv(x)
      let sum = y.view([1, 2, 2, 48]).sum()
      y.reluInPlace()
      return y.view([1, 2, 2, 48]) * sum
    }
    let network = Network { conv, x in
      let y = conv(x)
      let view = y.view([1, 2, 2, 48])
      y.reluInPlace()
      return view * 2
    }
    #expect(throws: GraphError.alias(operator: "mul", changedBy: "relu_")) {
      try Graph.capture(network, inputShape: input.shape)
    }
  }

  @Test func constantsMadeOnTheWay() throws {
    let graph = try capture { conv, x in
      let y = conv(x)
      return cat([y, .ones([1, 1, 6, 8])]) * Tensor(scalar: 3)
    }
    #expect(graph.nodes.map(\.operator.name) == ["conv2d", "cat", "mul"])
    #expect(graph.nodes[1].inputs.map { graph[$0].constant == nil } == [true, false])
  }

  @Test func numbersOfTheProgram() throws {
    let graph = try capture { conv, x in
      conv(x) * Tensor([1, 2, 3, 4] as [Float], shape: [4, 1, 1]).to(device: x.device)
    }
    #expect(graph.nodes.contains { $0.operator.name == "mul" })
  }

  @Test func errorsPutEverythingBack() throws {
    let network = Network { conv, x in
      conv.weight.addInPlace(1)
      return conv(x)
    }
    let before = network.conv.weight.clone()
    #expect(throws: GraphError.changesWeight(operator: "add_", name: "conv.weight")) {
      try Graph.capture(network, inputShape: input.shape)
    }
    #expect(throws: TorchError.self) { try Graph.capture(network, inputShape: [1, 4, 6, 8]) }
    #expect(network.isTraining)
    #expect(network.conv.weight.equals(before) && network.conv.weight.requiresGrad)
    let fssnet = try Architecture(name: "fssnet").makeModel()
    let error = #expect(throws: GraphError.self) { try Graph.capture(fssnet, inputShape: [1, 3, 100, 200]) }
    #expect(
      error?.description == "cannot capture the network for 100x200 images: it takes multiples of 8")
  }

  @Test func constantsFollowTheModel() throws {
    let network = Network { conv, x in conv(x) }
    let graph = try Graph.capture(network, inputShape: input.shape)
    withoutGradients { network.conv.weight.fillInPlace(0.5) }
    let expected = withoutGradients { network.eval()(input).logits }
    #expect(try GraphExecutor(graph)([input])[0].equals(expected))
    #expect(throws: GraphError.inputs(expected: [[1, 3, 6, 8]], found: [[1, 3, 8, 8]])) {
      try GraphExecutor(graph)([Formula.input([1, 3, 8, 8])])
    }
  }
}
