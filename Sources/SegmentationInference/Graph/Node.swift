extension Graph {
  /// One operator with its results.
  package struct Node {
    package var `operator`: Operator
    /// The results.
    package var outputs: [ValueID]
    /// The module whose weights the node reads, by its name in checkpoints; empty if it reads none.
    package var module: String

    package init(_ `operator`: Operator, outputs: [ValueID], module: String = "") {
      self.operator = `operator`
      self.outputs = outputs
      self.module = module
    }

    package init(_ `operator`: Operator, output: ValueID, module: String = "") {
      self.init(`operator`, outputs: [output], module: module)
    }

    /// The first result, which for most operators is the only one.
    package var output: ValueID { outputs[0] }
    /// The values that the node reads.
    package var inputs: [ValueID] { self.operator.inputs }
  }
}
