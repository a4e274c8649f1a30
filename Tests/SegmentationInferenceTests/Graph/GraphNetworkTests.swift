import Foundation
import SegmentationInference
import SegmentationModels
import TestSupport
import Testing
import Torch

/// Captured graphs of the catalogue's networks against the networks themselves.
@Suite(.serialized) struct GraphNetworkTests {
  init() { Libtorch.threads = 1 }

  /// All real-time networks, each decoder and a network of each family of encoders.
  static let networks: [Architecture] =
    Architecture.realTime
    + [
      "smp-deeplabv3-mobilenet_v2", "smp-deeplabv3p-efficientnet-b0", "smp-fpn-mit_b0", "smp-linknet-vgg11",
      "smp-manet-resnet18", "smp-pan-resnet18", "smp-pspnet-densenet121", "smp-segformer-mit_b0",
      "smp-unet-mobileone_s0",
      "smp-unet-timm-efficientnet-b0", "smp-unet-se_resnet50", "smp-unet-resnext50_32x4d", "smp-unet-vgg13_bn",
      "smp-unet-xception", "smp-unetpp-resnet18", "smp-unet-mit_b0", "smp-upernet-resnet18",
      "smp-unet-timm-mobilenetv3_large_100", "smp-unet-timm-regnety_002", "smp-unet-timm-gernet_s",
      "smp-unet-timm-res2net50_26w_4s", "smp-unet-timm-resnest14d", "smp-unet-timm-skresnet18", "smp-unet-dpn68",
      "smp-unet-inceptionv4", "smp-unet-inceptionresnetv2", "smp-unet-timm-tf_efficientnet_lite0", "smp-unet-senet154",
    ].map { try! Architecture(name: $0) }

  /// The captured graph gives the same bits; the optimized one the same up to rounding.
  @Test(arguments: networks) func computesTheSame(_ architecture: Architecture) throws {
    let model = try architecture.makeFormulaModel()
    let size = architecture.sizes.padded(ImageSize(height: 64, width: 96))
    let input = Formula.input([1, 3, size.height, size.width])
    let graph = try Graph.capture(model, inputShape: input.shape)
    #expect(model.isTraining)
    let expected = withoutGradients { model.eval()(input).logits }
    let captured = try GraphExecutor(graph)([input])[0]
    #expect(captured.equals(expected))

    // The deepest ResNets have nothing that others lack.
    if !["resnet101", "resnet152"].contains(where: architecture.name.contains) {
      try compareOptimized(graph, input, expected, architecture)
    }
  }

  private func compareOptimized(
    _ graph: Graph, _ input: Tensor, _ expected: Tensor, _ architecture: Architecture
  ) throws {
    let optimized = GraphOptimizer()(graph)
    let unknown = optimized.graph.nodes.filter { if case .libtorch = $0.operator { true } else { false } }
    #expect(unknown.isEmpty, "\(Set(unknown.map(\.operator.name)))")
    let largest = expected.abs().max().item
    #expect(largest.isFinite && largest > 0)
    // If classes differ, their two scores must be almost equal.
    var ends = optimized.graph.withClassMapOutput()
    ends.outputs.append(ends.nodes.last!.inputs[0])
    let results = try GraphExecutor(ends)([input])
    #expect(results[0].dtype == .uint8)
    let chosen = Tensor.range(19).reshape([1, 19, 1, 1]) .== results[0].unsqueeze(1).to(dtype: .int64)
    let chosenScores = (expected * chosen.to(dtype: .float32)).sum([1])
    #expect((expected.max([1]) - chosenScores).max().item <= 2e-4 * largest, "\(architecture.name)")
    var scores = results[1]
    if case .bilinear(let size, let alignCorners) = optimized.graph.tail {
      scores = scores.upsampleBilinear2d(size: size, alignCorners: alignCorners)
    }
    // Nodes that kernels compute together give the same bits.
    let prepared = optimized.graph.preparedForKernels()
    #expect(prepared.nodes.count <= optimized.graph.nodes.count)
    #expect(try GraphExecutor(prepared)([input])[0].equals(GraphExecutor(optimized.graph)([input])[0]))
    let difference = (scores - expected).abs().max().item / largest
    #expect(difference <= 1e-4, "\(architecture.name) differs by \(difference)")
  }

  @Test(arguments: networks) func costsWhatTheNetworkDoes(_ architecture: Architecture) throws {
    let model = try withDefaultDevice(.meta) { try architecture.makeModel() }
    let size = architecture.sizes.padded(ImageSize(height: 512, width: 1024))
    let clock = ContinuousClock()
    var graph = Graph()
    let capturing = try clock.measure { graph = try Graph.capture(model, inputShape: [1, 3, size.height, size.width]) }
    let live = GraphPass.removeDeadNodes(graph)
    #expect(live.cost.multiplyAccumulates <= graph.cost.multiplyAccumulates)
    #expect(try graph.cost.multiplyAccumulates == ModelProfile(architecture).multiplyAccumulates)
    #expect(graph.nodes.contains { $0.operator.name == "conv2d" && !$0.module.isEmpty })
    try report(architecture, graph, capturing)
  }

  /// Appends a line to the file that `RTSEG_GRAPH_TABLE` names: name, milliseconds of capturing, operators after
  /// optimization, the optimizer's report.
  private func report(_ architecture: Architecture, _ graph: Graph, _ capturing: Duration) throws {
    guard let path = ProcessInfo.processInfo.environment["RTSEG_GRAPH_TABLE"] else { return }
    let model = try architecture.makeModel()
    let size = graph[graph.inputs[0]].shape
    let optimized = try GraphOptimizer()(Graph.capture(model, inputShape: size))
    var left: [String: Int] = [:]
    for node in optimized.graph.nodes { left[node.operator.name, default: 0] += 1 }
    let kinds = left.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    let milliseconds = String(format: "%.1f", Double(capturing.components.attoseconds) / 1e15)
    if !FileManager.default.fileExists(atPath: path) { try Data().write(to: URL(fileURLWithPath: path)) }
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    defer { try? file.close() }
    try file.seekToEnd()
    let fields = [architecture.name, milliseconds, kinds, optimized.report, "\(optimized.graph.tail)"]
    try file.write(contentsOf: Data((fields.joined(separator: "\t") + "\n").utf8))
  }
}
