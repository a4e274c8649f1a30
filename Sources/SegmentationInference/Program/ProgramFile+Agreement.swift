import SegmentationModels
import Torch

extension ProgramFile {
  /// Compares the classes that the program finds with those that the network finds in libtorch in float32.
  /// - Parameter images: Images, which are resized to the sizes of the program.
  /// - Returns: The share of pixels that get the same class, from 0 to 1, and the number of images.
  /// - Throws: `EngineError`, `TorchError`.
  package func agreement(
    with model: SegmentationModel, on images: Calibration
  ) throws -> (share: Double, images: Int) {
    try agreement(on: images) { input, size in model.classes(input, size: size, precision: nil) }
  }

  /// Does the same for a network from another tool's file, whose graph libtorch runs.
  package func agreement(
    with network: any GraphSource, on images: Calibration
  ) throws -> (share: Double, images: Int) {
    var executors: [ImageSize: GraphExecutor] = [:]
    return try agreement(on: images) { input, size in
      let executor = try executors[size] ?? GraphExecutor(network.graph(for: size))
      executors[size] = executor
      return try executor([input])[0].argmax(dimension: 1)
    }
  }

  private func agreement(
    on images: Calibration, expected: (Tensor, ImageSize) throws -> Tensor
  ) throws -> (share: Double, images: Int) {
    var (same, all, count) = (0.0, 0.0, 0)
    for size in sizes {
      let engine = try InferenceEngine(self, size: size)
      let inputs = try images.inputs(size, normalization)
      count = inputs.count
      for input in inputs {
        let found = try engine(input)
        try catchingTorchErrors {
          try withoutGradients {
            let expected = try expected(input, size)
            same += (found.to(dtype: .int32) .== expected.to(dtype: .int32)).to(dtype: .float32).sum().item
          }
        }
        all += Double(size.height * size.width)
      }
    }
    return (same / all, count)
  }
}
