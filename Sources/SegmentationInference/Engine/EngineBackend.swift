import SegmentationImage
import SegmentationModels
import Torch

/// The part of an engine that runs the graph: `EnginePlan` with this package's kernels on the CPU, `DevicePlan` with
/// libtorch on other devices.
///
/// An image may be smaller than the network's input; the rest of the input, to the right and below, is zeros then. A
/// result has the height and width of the network's input: [1, classes, H, W] for scores or [1, 1, H, W] for a class
/// map. The next run overwrites it.
protocol EngineBackend: AnyObject {
  /// The bytes of memory for all maps, given that maps which are not in use at the same time share memory.
  var memory: Int { get }

  /// The number of runs so far with one thread, with two threads and so on; empty if that is not known.
  var runsByThreads: [Int] { get }

  /// Runs on a normalized image [1, C, H, W].
  func run(_ image: Tensor) throws -> Tensor

  /// Normalizes an image of 8-bit RGB and runs on it.
  func run(_ image: Image, normalization: Normalization) throws -> Tensor

  /// Runs `runs` times on the last image and returns the median time of each operation.
  func profile(runs: Int) throws -> [OperationTime]
}
