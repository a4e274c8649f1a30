import Torch

extension GraphPass {
  /// Applies normalization and activations to each part of a join along channels instead of to the joined tensor, if
  /// nodes that can take them over make at least half of its channels.
  public static let distributeOverConcatenations = GraphPass("distribute over concatenations") { graph in
    withoutGradients {
      GraphRewriter.rewrite(graph) { rewriter, node in
        switch node.operator {
        case .affine(let affine) where rewriter.distribute(node, of: affine.input): break
        case .unary(let unary) where rewriter.distribute(node, of: unary.input): break
        default: rewriter.emit(node)
        }
      }
    }
  }
}

extension GraphRewriter {
  fileprivate mutating func distribute(_ node: Graph.Node, of whole: Graph.ValueID) -> Bool {
    guard isReadOnce(whole), let producer = producer(of: whole), case .concatenate(var join) = producer.operator,
      join.axis == 1, self[whole].shape.count == 4
    else { return false }
    let channels = join.inputs.map { self[$0].shape[1] }
    let absorbed = zip(join.inputs, channels).reduce(0) { $0 + (canAbsorb(node, $1.0) ? $1.1 : 0) }
    guard 2 * absorbed >= channels.reduce(0, +) else { return false }
    var results: [Graph.ValueID] = []
    var offset = 0
    for (part, count) in zip(join.inputs, channels) {
      let result = addValue(self[part].shape, dtype: self[part].dtype)
      let vectors = offset..<offset + count
      let share = node.operator.mapValues { $0 == whole ? part : self.part(of: $0, vectors) }
      emit(Graph.Node(share, output: result, module: node.module))
      results.append(result)
      offset += count
    }
    remove(producerOf: whole)
    join.inputs = results
    emit(Graph.Node(.concatenate(join), output: node.output, module: producer.module))
    return true
  }

  /// The part of a constant of one element per channel that is for some of the channels. A constant of one element is
  /// for all of them.
  private mutating func part(of vector: Graph.ValueID, _ channels: Range<Int>) -> Graph.ValueID {
    guard let constant = self[vector].constant, constant.count > 1 else { return vector }
    return addConstant(constant.detached().slice(channels, dimension: 0).contiguous())
  }

  /// Whether the node that computes `part` can take over a normalization or an activation.
  private func canAbsorb(_ node: Graph.Node, _ part: Graph.ValueID) -> Bool {
    guard isReadOnce(part), let layer = producer(of: part), layer.operator.activation == .identity else { return false }
    switch layer.operator {
    case .convolution(let convolution): return convolution.residual == .none
    case .affine: return true
    case .binary: if case .unary = node.operator { return true } else { return false }
    default: return false
    }
  }
}
