import Torch

// What comes after a network: classes.
extension Graph {
  /// What the scores go through last.
  public enum Tail: Hashable, Sendable {
    case none
    /// Bilinear resizing of the scores, which can be computed together with the best class.
    case bilinear(size: ImageSize, alignCorners: Bool)
  }

  public var tail: Tail {
    guard let resize = nodes.last(where: { $0.outputs == outputs }), resize.kind == .resize,
      resize.string("mode") == "bilinear", let size = resize.ints("size")
    else { return .none }
    return .bilinear(size: ImageSize(height: size[0], width: size[1]), alignCorners: resize.bool("align_corners")!)
  }

  /// The graph with the class of each pixel as its output, [N, H, W], computed by one `argmax` node that also does the
  /// bilinear resizing before it. Classes are uint8, or int32 where there are more than 256.
  ///
  /// The graph is one whose only output are scores [N, classes, H, W], after `GraphOptimizer`.
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
}
