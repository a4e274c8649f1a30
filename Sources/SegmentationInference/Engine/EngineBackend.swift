import SegmentationImage
import SegmentationModels
import Torch

/// What runs an engine's graph: the kernels of this package on the CPU, libtorch elsewhere.
///
/// Images may be smaller than the network's input, which has zeros to the right and below then. Results are of the input's
/// size, [1, classes or 1, H, W], and the next run overwrites them.
protocol EngineBackend: AnyObject {
  /// Bytes of the maps that live at the same time.
  var memory: Int { get }

  /// Runs on a normalized image [1, 3, H, W].
  func run(_ image: Tensor) throws -> Tensor

  func run(_ image: Image, normalization: Normalization) throws -> Tensor

  /// Runs a few times on the last image, and gives the median time of each operation.
  func profile(runs: Int) throws -> [OperationTime]
}
