import SegmentationInference
import Torch

/// A network in an inference engine, for the benchmark to time.
///
/// Implementations belong to one thread. A new engine is one type like this and one case of `Engine.makeTarget`.
public protocol BenchmarkTarget: AnyObject {
  /// Prepares runs with inputs like this one, for example by packing weights and planning memory. It is called once,
  /// before the first run, and counts towards the time to the first result.
  func prepare(for input: Tensor) throws

  /// Runs the network on one image.
  /// - Parameter input: The image on the target's device, float32 [1, 3, H, W].
  /// - Returns: The classes, uint8 [1, H, W], or the scores, float32 [1, classes, H, W]. The next run may overwrite
  ///   them.
  func run(_ input: Tensor) throws -> Tensor

  /// The part of the network that is computed in int8, known once the target is prepared; `nil` for other precisions.
  var quantization: QuantizationReport? { get }

  /// The work of one inference, known once the target is prepared; `nil` if the target cannot tell.
  var work: EngineWork? { get }

  /// The number of runs so far with one thread, with two threads and so on; `nil` if the target cannot tell.
  var runsByThreads: [Int]? { get }

  /// The time of each operation, measured over some runs on the last input; `nil` if the target cannot tell.
  func profile() throws -> [OperationTime]?
}

extension BenchmarkTarget {
  /// No report, as of targets that do not compute in int8.
  public var quantization: QuantizationReport? { nil }
  /// No work, as of targets that cannot tell.
  public var work: EngineWork? { nil }
  /// No numbers, as of targets that cannot tell.
  public var runsByThreads: [Int]? { nil }
  /// No times, as of targets that cannot tell.
  public func profile() throws -> [OperationTime]? { nil }
}
