import Basics
import SegmentationModels

/// A network that is known as a graph for each size of images: a `SegmentationModel`, which is captured, or a network that
/// was read from the file of another tool.
public protocol GraphSource {
  /// The graph of the network for one image.
  ///
  /// The graph's input is a normalized image [1, C, H, W]. H and W are those of `size`, or larger if the network takes
  /// multiples of a number only; the rest of the input, to the right and below, is zeros. The output is scores
  /// [1, classes, H, W].
  /// - Throws: An error that says in one line why there is no graph for this size.
  func graph(for size: ImageSize) throws -> Graph
}

extension SegmentationModel: GraphSource {
  /// Captures the network, whose input is padded to a size that it takes.
  /// - Throws: `GraphError`, `TorchError`.
  public func graph(for size: ImageSize) throws -> Graph {
    let padded = sizes.padded(size)
    return try Graph.capture(self, inputShape: [1, imageChannels, padded.height, padded.width])
  }
}
