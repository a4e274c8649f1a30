import SegmentationInference
import SegmentationModels
import Testing
import Torch

@Suite struct CuDNNTests {
  /// A network with sums before a ReLU, one with grouped convolutions, and one that pads unevenly.
  @Test(arguments: ["ddrnet-23slim", "regseg", "fastscnn"])
  func convolutionsAreTakenWithTheirSumAndReLU(name: String) throws {
    let model = try Architecture(name: name).makeFormulaModel(classes: 7).eval()
    let graph = try GraphOptimizer()(Graph.capture(model, inputShape: [1, 3, 64, 128])).graph
    let fused = graph.fusedByCuDNN()
    #expect(fused.nodes.count == graph.nodes.count && fused.outputs == graph.outputs)
    var count = 0
    for (node, other) in zip(graph.nodes, fused.nodes) {
      #expect(other.outputs == node.outputs && Set(other.inputs) == Set(node.inputs))
      guard case .convolution(let convolution) = node.operator, case .libtorch(let call) = other.operator else {
        #expect(other.operator.name == node.operator.name)
        continue
      }
      count += 1
      #expect(convolution.groups == 1 && !convolution.isTransposed)
      #expect(
        call.name == (convolution.residual == .none ? "cudnn_convolution_relu" : "cudnn_convolution_add_relu"))
      #expect(hasOperator(call.name))
    }
    #expect(count >= 10)
  }
}
