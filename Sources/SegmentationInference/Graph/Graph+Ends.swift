import Torch

// The end of a network: classes as its output.
extension Graph {
  /// The last thing that the class scores go through.
  package enum Tail: Hashable, Sendable {
    /// The scores go through no resizing at the end.
    case none
    /// The scores are resized bilinearly at the end, which can be computed together with the best class.
    case bilinear(size: ImageSize, alignCorners: Bool)
  }

  /// The last thing that the graph's scores go through.
  package var tail: Tail {
    guard let last = nodes.last(where: { $0.outputs == outputs }), case .resize(let resize) = last.operator,
      resize.operand == nil, case .bilinear(let alignCorners) = resize.mode
    else { return .none }
    let shape = self[outputs[0]].shape
    return .bilinear(size: ImageSize(height: shape[2], width: shape[3]), alignCorners: alignCorners)
  }

  /// The graph with the class of each pixel, [N, H, W], as its output. One node computes it, together with the bilinear
  /// resizing before it if there is any. Classes are uint8, or int32 if there are more than 256.
  ///
  /// The graph must have gone through `GraphOptimizer`, and its only output must be scores [N, classes, H, W].
  /// - Parameter keepsScores: Whether the scores stay an output, the first one.
  package func withClassMapOutput(keepsScores: Bool = false) -> Graph {
    precondition(outputs.count == 1 && self[outputs[0]].shape.count == 4, "class scores are [N, classes, H, W]")
    var result = self
    let shape = self[outputs[0]].shape
    let classes = result.addValue(
      [shape[0], shape[2], shape[3]], dtype: shape[1] <= 256 ? .uint8 : .int32)
    var classMap = ClassMap(input: outputs[0])
    if case .bilinear(_, let alignCorners) = tail, let resize = nodes.last(where: { $0.outputs == outputs }) {
      classMap = ClassMap(input: resize.inputs[0], alignCorners: alignCorners)
    }
    result.nodes.append(Node(.classMap(classMap), output: classes))
    result.outputs = (keepsScores ? outputs : []) + [classes]
    return GraphPass.removeDeadNodes(result)
  }
}
