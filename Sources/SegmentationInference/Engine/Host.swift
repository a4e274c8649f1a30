import CRuntime
import Torch

/// Computes a plan's operators that have no kernel in libtorch, on the plan's memory.
final class Host {
  private let calls: [HostCall]
  private let graph: Graph
  private var error: EngineError?

  /// `nil` if there are no calls. Of the graph's constants it keeps those that the calls read.
  init?(_ calls: [HostCall], _ graph: Graph) {
    if calls.isEmpty { return nil }
    self.calls = calls
    let read = Set(calls.flatMap(\.node.inputs))
    self.graph = graph.keepingConstants(read.contains)
  }

  /// The error of the last call that failed, once.
  func takeError() -> EngineError? {
    defer { error = nil }
    return error
  }

  /// The functions that the runtime calls; they are valid as long as this object.
  var callbacks: rt_host {
    rt_host(
      call: { state, index, inputs, inputCount, outputs, outputCount in
        let host = Unmanaged<Host>.fromOpaque(state!).takeUnretainedValue()
        return host.run(
          Int(index), UnsafeBufferPointer(start: inputs, count: inputCount),
          UnsafeBufferPointer(start: outputs, count: outputCount))
      }, state: Unmanaged.passUnretained(self).toOpaque())
  }

  private func run(
    _ index: Int, _ inputs: UnsafeBufferPointer<rt_tensor>, _ outputs: UnsafeBufferPointer<rt_tensor>
  ) -> Bool {
    let call = calls[index]
    var values: [Graph.ValueID: Tensor] = [:]
    for (id, tensor) in zip(call.inputs, inputs) { values[id] = Tensor(tensor, shape: graph[id].shape) }
    do {
      try catchingTorchErrors {
        withoutGradients {
          let results = graph.evaluate(call.node) { self.graph[$0].constant ?? values[$0]! }
          for (id, (target, result)) in zip(call.node.outputs, zip(outputs, results)) {
            Tensor(target, shape: graph[id].shape).copyInPlace(result)
          }
        }
      }
      return true
    } catch {
      self.error = .kernel("\(call.node.operator.name): \(error)")
      rt_set_error("libtorch failed")
      return false
    }
  }
}

extension Tensor {
  fileprivate convenience init(_ tensor: rt_tensor, shape: [Int]) {
    self.init(memory: tensor.data, shape: shape, strides: Place.rowMajor(shape), dtype: .float32)
  }
}
