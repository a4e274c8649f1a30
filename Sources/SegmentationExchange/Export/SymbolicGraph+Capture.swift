import SegmentationImage
import SegmentationInference
import SegmentationModels
import Torch

extension SymbolicGraph {
  /// Captures and simplifies a network, once for each size that is needed to know how its shapes follow from the image's.
  /// - Parameter base: The graph for the size of `options`, if it is there already.
  /// - Throws: `ExchangeError` if the network computes something else at another size, `GraphError` if it cannot be
  ///   captured, `TorchError` if libtorch fails.
  init(_ network: ExportedNetwork, _ options: ExportOptions, base: Graph? = nil) throws {
    let model = network.model
    let optimizer = GraphOptimizer(
      passes: GraphOptimizer.exporting(foldsBatchNorm: options.foldsBatchNorm, forAnySize: options.hasDynamicSize))
    let size = model.sizes.padded(options.size)
    // Where one image is a special case, the graph of several images is the general one.
    let batch = options.hasDynamicBatch && base == nil ? 2 : options.batch
    func capture(_ batch: Int, _ rows: Int, _ columns: Int) throws -> Graph {
      let larger = model.sizes.padded(ImageSize(height: size.height + rows, width: size.width + columns))
      return try catchingTorchErrors {
        try optimizer(Graph.capture(model, inputShape: [batch, model.imageChannels, larger.height, larger.width])).graph
      }
    }
    let graph = try base ?? capture(batch, 0, 0)
    var variants: [Graph] = []
    if options.hasDynamicSize {
      // Lengths that are equal by chance at one size differ at another one. The differences are larger than the steps of
      // networks that halve the size five times, and leave other remainders when they are divided by 2, 4, ... 32.
      for (rows, columns) in [(33, 70), (66, 231), (165, 99), (330, 561)] {
        variants.append(try capture(batch, rows, columns))
      }
    }
    if options.hasDynamicBatch { variants.append(try capture(batch + 1, 0, 0)) }
    try self.init(graph, variants: variants, network: network.name)
  }
}
