import Basics
import Torch

/// A graph that is ready to run on an accelerator, on an input that lies there. If libtorch can record the operators, the
/// device gets all of them as one piece of work.
struct DeviceRun {
  let executor: GraphExecutor
  private let input: Tensor
  private let recording: DeviceRecording?
  /// The tensor that holds the result after the recording is replayed.
  private let recorded: Tensor?

  /// - Throws: `TorchError` if libtorch does not compute or record the graph.
  init(_ graph: Graph, input: Tensor) throws {
    let executor = GraphExecutor(graph)
    var result: Tensor?
    recording = try DeviceRecording(on: input.device) { result = try executor([input])[0] }
    recorded = result
    (self.executor, self.input) = (executor, input)
  }

  /// Computes the result. The next run overwrites it.
  func callAsFunction() throws -> Tensor {
    guard let recording, let recorded else { return try executor([input])[0] }
    recording.replay()
    return recorded
  }

  /// The median time of some runs, in seconds.
  func seconds() throws -> Double {
    let times = try (0..<10).map { _ in
      let start = ContinuousClock.now
      _ = try self()
      Libtorch.synchronize(input.device)
      return (ContinuousClock.now - start).seconds
    }
    return times.median ?? .infinity
  }
}
