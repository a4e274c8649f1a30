import Torch

extension SegmentationModel {
  /// The name of the network's classifier: the last convolution that a forward pass runs and that has as many output
  /// channels as the network has scores for each pixel. `nil` if there is none.
  public func classifierName(scores: Int) throws -> String? {
    let wasTraining = isTraining
    eval()
    defer { train(wasTraining) }
    var last: String?
    var layers: [(layer: any ConvolutionLayer, tap: InputTap?)] = []
    visit { name, module in
      guard let layer = module as? any ConvolutionLayer, layer.outputs == scores else { return }
      layers.append((layer, layer.inputTap))
      layer.inputTap = InputTap { _ in last = name }
    }
    defer { for (layer, tap) in layers { layer.inputTap = tap } }
    let size = sizes.padded(ImageSize(height: 256, width: 256))
    try withShapesAlone {
      let image = Tensor.empty([1, imageChannels, size.height, size.width])
      try catchingTorchErrors { withoutGradients { _ = self(image, heads: false).logits } }
    }
    return last
  }

  /// Whether images of `imageChannels` channels go through the network.
  var takesItsImages: Bool {
    let wasTraining = isTraining
    eval()
    defer { train(wasTraining) }
    let size = sizes.padded(ImageSize(height: 256, width: 256))
    do {
      try withShapesAlone {
        let image = Tensor.empty([1, imageChannels, size.height, size.width])
        try catchingTorchErrors { withoutGradients { _ = self(image, heads: false).logits } }
      }
      return true
    } catch {
      return false
    }
  }

  /// The convolution of that name within this network; `nil` if there is none.
  public func convolution(named name: String) -> (any ConvolutionLayer)? {
    var found: (any ConvolutionLayer)?
    visit { if $0 == name { found = $1 as? any ConvolutionLayer } }
    return found
  }
}
