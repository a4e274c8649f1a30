extension GraphPass {
  /// Removes nodes whose results nothing reads.
  public static let removeDeadNodes = GraphPass("remove dead nodes") { graph in
    var live = Set(graph.outputs)
    var nodes: [Graph.Node] = []
    for node in graph.nodes.reversed() where node.outputs.contains(where: live.contains) {
      live.formUnion(node.inputs)
      nodes.append(node)
    }
    var result = graph
    result.nodes = nodes.reversed()
    return result
  }
}
