import Torch

extension Architecture {
  /// The name of the network's classifier: the last convolution that a forward pass runs and that has as many output
  /// channels as the network has scores for each pixel. `nil` if there is none.
  public func classifierName(scores: Int) throws -> String? {
    try withDefaultDevice(.meta) {
      let model = try makeModel(classes: scores).eval()
      var last: String?
      model.visit { name, module in
        guard let layer = module as? any ConvolutionLayer, layer.outputs == scores else { return }
        layer.inputTap = InputTap { _ in last = name }
      }
      let side = 256
      let size = sizes.padded(ImageSize(height: side, width: side))
      try catchingTorchErrors {
        withoutGradients { _ = model(.empty([1, 3, size.height, size.width]), heads: false).logits }
      }
      return last
    }
  }
}

extension SegmentationModel {
  /// The convolution of that name below this network.
  public func convolution(named name: String) -> (any ConvolutionLayer)? {
    var found: (any ConvolutionLayer)?
    visit { if $0 == name { found = $1 as? any ConvolutionLayer } }
    return found
  }
}
