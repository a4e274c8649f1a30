import SegmentationModels
import Torch

extension Architecture {
  /// The network with weights and statistics by the formula.
  public func makeFormulaModel(classes: Int = 19) throws -> SegmentationModel {
    let model = try withoutInitialization { try makeModel(classes: classes) }
    for (name, tensor) in model.namedState {
      let fill: Formula.Fill =
        switch name.split(separator: ".").last {
        case "num_batches_tracked": .zero
        case "running_mean": .runningMean
        case "running_var": .runningVar
        case "bias": .bias
        case let last?: tensor.rank > 1 ? .fanIn : last.hasPrefix("layer_scale") ? .layerScale : .one
        case nil: .one
        }
      Formula.fill(tensor, key: name, as: fill)
    }
    return model
  }
}
