import Basics
import SegmentationImage
import SegmentationModels
import Torch

/// Runs a simplified graph on an accelerator: libtorch's operators one after the other, on maps with channels
/// innermost.
final class DevicePlan: EngineBackend {
  private let input: Tensor
  /// The graph, whose nodes are those that run, or stand in their places.
  private let graph: Graph
  private let work: DeviceRun

  /// - Parameter dtype: The element type of weights and maps.
  init(_ graph: Graph, device: Device, dtype: DType) throws {
    (self.graph, input) = try catchingTorchErrors {
      let shape = graph[graph.inputs[0]].shape
      let input = Tensor.zeros(shape, dtype: dtype, device: device).contiguous(.channelsLast)
      return (graph.placed(on: device, dtype: dtype), input)
    }
    work = try Self.fastest(self.graph, input)
  }

  /// The graph as it is, or with the operations that only cuDNN has if those are faster here.
  private static func fastest(_ graph: Graph, _ input: Tensor) throws -> DeviceRun {
    let plain = try DeviceRun(graph, input: input)
    guard input.device.kind == .cuda, let fused = try? DeviceRun(graph.fusedByCuDNN(), input: input) else {
      return plain
    }
    return try catchingTorchErrors { try fused.seconds() < plain.seconds() ? fused : plain }
  }

  let runsByThreads: [Int] = []

  var memory: Int { work.executor.peakBytes(numberSize: input.dtype.size) }

  func run(_ image: Tensor) throws -> Tensor {
    let size = image.spatialSize
    input.slice(0..<size.height, dimension: 2).slice(0..<size.width, dimension: 3).copyInPlace(image)
    let result = try work()
    return result.rank == 3 ? result.unsqueeze(1) : result
  }

  func run(_ image: Image, normalization: Normalization) throws -> Tensor {
    let pixels = Tensor(image.pixels, shape: [1, image.height, image.width, 3]).to(device: input.device)
    func perChannel(_ values: [Float]) -> Tensor { Tensor(values).to(device: input.device) }
    let scaled = pixels.to(dtype: .float32) * perChannel(normalization.scale) + perChannel(normalization.shift)
    return try run(scaled.permute([0, 3, 1, 2]))
  }

  /// Times each operation by itself, waiting for the device after each.
  func profile(runs: Int) throws -> [OperationTime] {
    var seconds = [[Double]](repeating: [], count: graph.nodes.count)
    for _ in 0..<runs {
      var (index, start) = (0, ContinuousClock.now)
      _ = try work.executor([input]) { _, _, _ in
        Libtorch.synchronize(input.device)
        seconds[index].append((ContinuousClock.now - start).seconds)
        (index, start) = (index + 1, .now)
      }
    }
    return zip(zip(graph.nodes, work.executor.graph.nodes), seconds).map { nodes, seconds in
      let (node, computed) = nodes
      let isFused = computed.operator.name != node.operator.name
      let cost = graph.cost(of: node, numberSize: input.dtype.size)
      return OperationTime(
        name: node.operator.name, kernel: isFused ? "cudnn" : "libtorch", module: node.module,
        outputShape: graph[node.output].shape,
        seconds: seconds.median ?? 0, multiplyAccumulates: cost.multiplyAccumulates,
        bytes: cost.bytesRead + cost.bytesWritten)
    }.filter { $0.bytes > 0 }
  }
}

extension Graph {
  /// The graph with its constants on a device, in the element type and memory order in which the device computes. A run
  /// then uploads no constant.
  fileprivate func placed(on device: Device, dtype: DType) -> Graph {
    var graph = mapConstants { constant in
      let placed = constant.to(dtype: constant.dtype.isFloatingPoint ? dtype : nil, device: device)
      return placed.rank == 4 ? placed.contiguous(.channelsLast) : placed
    }
    for (index, node) in graph.nodes.enumerated() {
      switch node.operator {
      case .permuteChannels(let permutation):
        let order = graph.addConstant(Tensor(permutation.order).to(device: device))
        let call = LibtorchCall(
          name: "index_select",
          arguments: [("self", .tensor(permutation.input)), ("dim", .int(1)), ("index", .tensor(order))])
        graph.nodes[index].operator = .libtorch(call)
      case .libtorch(var call):
        for (position, argument) in call.arguments.enumerated() {
          if case .dtype(.float32) = argument.value { call.arguments[position].value = .dtype(dtype) }
        }
        graph.nodes[index].operator = .libtorch(call)
      default: break
      }
    }
    return graph
  }
}
