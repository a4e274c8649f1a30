import SegmentationModels
import Torch

/// A file like torchvision's of a backbone's classification network, with values by the formula.
package struct TorchvisionFile {
  package let backbone: Backbone
  package let state: StateDictionary

  package init(_ backbone: Backbone) {
    self.backbone = backbone
    let network = withoutInitialization { backbone.makeNetwork() }
    var state = StateDictionary()
    func add(_ key: String, _ tensor: Tensor) {
      let fill: Formula.Fill =
        key.hasSuffix("num_batches_tracked") ? .zero : key.hasSuffix("running_var") ? .runningVar : .bias
      Formula.fill(tensor, key: key, as: fill)
      state[key] = tensor
    }
    for (name, tensor) in network.stateDictionary.entries {
      let isNumbered = backbone == .mobileNetV2 && name.hasPrefix("layer")
      add(isNumbered ? "features." + name.split(separator: ".", maxSplits: 1)[1] : name, tensor)
    }
    if backbone == .mobileNetV2 {
      add("features.18.0.weight", .empty([1280, 320, 1, 1]))
      for name in ["weight", "bias", "running_mean", "running_var"] { add("features.18.1.\(name)", .empty([1280])) }
      add("features.18.1.num_batches_tracked", .zeros([], dtype: .int64))
    }
    let classifier = backbone == .mobileNetV2 ? "classifier.1" : "fc"
    add("\(classifier).weight", .empty([1000, backbone == .mobileNetV2 ? 1280 : network.channels[3]]))
    add("\(classifier).bias", .empty([1000]))
    self.state = state
  }

  /// The key of one of the backbone's tensors.
  package func key(_ name: String) -> String {
    guard backbone == .mobileNetV2 else { return name }
    return "features." + name.split(separator: ".", maxSplits: 1)[1]
  }
}
