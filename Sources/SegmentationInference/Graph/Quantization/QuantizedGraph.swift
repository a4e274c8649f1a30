import SegmentationImage
import SegmentationModels
import Torch

/// A network's simplified graph, and what of it int8 computes on bytes: the engine's own choice, for the formats of other
/// tools.
package struct QuantizedGraph {
  /// The graph, for one image of the size that the network takes.
  package let graph: Graph
  /// The nodes that compute on bytes, with the scales of the maps.
  package let assignment: QuantizationAssignment
  /// A report of what is computed in int8.
  package let report: QuantizationReport

  /// Finds the convolutions that can be computed in int8.
  /// - Parameters:
  ///   - size: The size of the images in pixels.
  ///   - calibration: The images from which the scales are learned.
  /// - Throws: `EngineError`, `GraphError` if the network cannot be captured, `TorchError` if libtorch fails.
  package init(
    _ model: SegmentationModel, size: ImageSize, normalization: Normalization, calibration: Calibration
  ) throws {
    (graph, assignment, report) = try catchingTorchErrors {
      () throws -> (Graph, QuantizationAssignment, QuantizationReport) in
      let graph = try ProgramCompiler.simplify(model, size: size).graph
      let found = try PrecisionSearch(
        graph: graph.withClassMapOutput(), size: size, normalization: normalization,
        threads: min(Libtorch.threads, 256), inputs: calibration.inputs(size, normalization),
        agreement: calibration.agreement)()
      return (
        graph, QuantizationAssignment(graph, convolutions: found.convolutions, ranges: found.ranges), found.report
      )
    }
  }
}
