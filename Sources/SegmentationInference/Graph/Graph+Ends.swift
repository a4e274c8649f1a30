import Torch

// The two ends of a network: 8-bit pixels as its input, classes as its output.
extension Graph {
  /// The last thing that the class scores go through.
  public enum Tail: Hashable, Sendable {
    /// The scores go through no resizing at the end.
    case none
    /// The scores are resized bilinearly at the end, which can be computed together with the best class.
    case bilinear(size: ImageSize, alignCorners: Bool)
  }

  /// The last thing that the graph's scores go through.
  public var tail: Tail {
    guard let resize = nodes.last(where: { $0.outputs == outputs }), resize.kind == .resize,
      resize.string("mode") == "bilinear", let size = resize.ints("size")
    else { return .none }
    return .bilinear(size: ImageSize(height: size[0], width: size[1]), alignCorners: resize.bool("align_corners")!)
  }

  /// The graph with the class of each pixel, [N, H, W], as its output. One `argmax` node computes it, together with the
  /// bilinear resizing before it if there is any. Classes are uint8, or int32 if there are more than 256.
  ///
  /// The graph must have gone through `GraphOptimizer`, and its only output must be scores [N, classes, H, W].
  public func withClassMapOutput() -> Graph {
    precondition(outputs.count == 1 && self[outputs[0]].shape.count == 4, "class scores are [N, classes, H, W]")
    var result = self
    var scores = outputs[0]
    let shape = self[scores].shape
    let dtype: DType = shape[1] <= 256 ? .uint8 : .int32
    let classes = result.addValue([shape[0], shape[2], shape[3]], dtype: dtype)
    var node = Node(.argmax, [("dtype", .dtype(dtype))], output: classes)
    if case .bilinear(let size, let alignCorners) = tail {
      scores = nodes.last { $0.outputs == outputs }!.value("input")!
      node["size"] = .ints([size.height, size.width])
      node["align_corners"] = .bool(alignCorners)
    }
    node.arguments.insert(("input", .value(scores)), at: 0)
    result.nodes.append(node)
    result.outputs = [classes]
    return GraphPass.removeDeadNodes(result)
  }

  /// The graph with 8-bit pixels as its input: uint8 [N, channels, H, W] from 0 to 255, normalized by one `normalize`
  /// node.
  ///
  /// The node stays apart from the first convolution, because that one pads the normalized image with zeros.
  /// - Parameters:
  /// - mean: One value per channel, on the scale from 0 to 1.
  /// - std: One value per channel, on the scale from 0 to 1.
  public func withPixelInput(mean: [Double], std: [Double]) -> Graph {
    precondition(inputs.count == 1, "one image at a time")
    let shape = self[inputs[0]].shape
    precondition(mean.count == shape[1] && std.count == shape[1], "mean and std have a value for each channel")
    var result = self
    let pixels = result.addValue(shape, dtype: .uint8)
    let arguments: [(String, Argument)] = [("input", .value(pixels)), ("mean", .doubles(mean)), ("std", .doubles(std))]
    result.nodes.insert(Node(.normalize, arguments, output: inputs[0]), at: 0)
    result.inputs = [pixels]
    return result
  }
}
