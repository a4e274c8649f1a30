extension GraphPass {
  /// Turns a join of two maps whose channels are then shuffled into one node, together with a product of the second map
  /// with one number per channel.
  /// - Parameter assignment: The nodes that compute on quantized maps.
  static func fuseShuffles(_ assignment: QuantizationAssignment? = nil) -> GraphPass {
    GraphPass("fuse shuffles") { graph in
      let readers = SoleReaders(graph, assignment)
      var products: [Graph.ValueID: Graph.Node] = [:]
      var done: Set<Graph.ValueID> = []
      return GraphRewriter.rewrite(graph) { rewriter, node in
        switch node.operator {
        case .binary(let product) where readers.canTake(product, node, in: graph): products[node.output] = node
        case .concatenate(let join):
          let product = products.removeValue(forKey: join.inputs[join.inputs.count - 1])
          guard let shuffle = readers.shuffle(of: join, node, in: graph),
            readers.isQuantized(node) == readers.isQuantized(shuffle)
          else {
            if let product { rewriter.emit(product) }
            return rewriter.emit(node)
          }
          var fused = Graph.Shuffle(first: join.inputs[0], second: join.inputs[1])
          if case .binary(let product)? = product?.operator {
            (fused.second, fused.scale) = (product.left, product.right)
          }
          rewriter.emit(Graph.Node(.shuffle(fused), output: shuffle.output, module: shuffle.module))
          done.insert(shuffle.output)
        default: if !done.contains(node.output) { rewriter.emit(node) }
        }
      }
    }
  }
}

extension SoleReaders {
  /// The shuffle that alone reads a join of two maps of one shape.
  fileprivate func shuffle(of join: Graph.Concatenate, _ node: Graph.Node, in graph: Graph) -> Graph.Node? {
    guard join.axis == 1, join.inputs.count == 2, (join.inputs + [node.output]).allSatisfy(graph.isMap),
      graph[join.inputs[0]].shape == graph[join.inputs[1]].shape, let reader = self[node.output],
      case .permuteChannels(let permutation) = reader.operator, permutation.shufflesHalves
    else { return nil }
    return reader
  }

  /// Whether a node multiplies each channel of the second of two maps by a number just before they are joined and
  /// shuffled.
  fileprivate func canTake(_ product: Graph.Binary, _ node: Graph.Node, in graph: Graph) -> Bool {
    guard product.operator == .multiply, product.activation == .identity, let reader = ofNumbers(node),
      case .concatenate(let join) = reader.operator, shuffle(of: join, reader, in: graph) != nil,
      join.inputs[1] == node.output
    else { return false }
    let shape = graph[node.output].shape
    return graph[product.left].shape == shape && graph[product.right].shape == [1, shape[1], 1, 1]
  }
}

extension Graph.PermuteChannels {
  /// Whether channels of the first half and of the second half of the map are taken alternately.
  package var shufflesHalves: Bool {
    order.count.isMultiple(of: 2) && order == order.indices.map { $0 / 2 + $0 % 2 * (order.count / 2) }
  }
}

extension Graph {
  /// The graph as the CPU's kernels compute it: operators that one kernel computes together are one node, and nodes
  /// turn numbers into bytes and back.
  /// - Parameter assignment: The nodes that compute on quantized maps; `nil` if there are none.
  package func preparedForKernels(_ assignment: QuantizationAssignment? = nil) -> Graph {
    var passes: [GraphPass] = [.fuseResizes(assignment), .fuseShuffles(assignment)]
    if let assignment { passes.append(.insertQuantization(assignment)) }
    return passes.reduce(self) { $1($0) }
  }
}
