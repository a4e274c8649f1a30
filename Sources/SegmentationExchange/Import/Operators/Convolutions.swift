import SegmentationInference
import Torch

// Convolutions, and products of matrices.
extension GraphImporter {
  /// The window of a convolution or a pooling over a map.
  struct Window {
    var kernel: [Int]
    var stride: [Int]
    var dilation: [Int]
    /// Elements that are added before the map: rows, columns.
    var before: [Int]
    /// Elements that are added after it.
    var after: [Int]

    var isSymmetric: Bool { before == after }

    /// - Parameters:
    ///   - kernel: The kernel's size if the node does not tell it.
    ///   - input: The height and width of the map.
    init(_ node: ImportedNode, kernel: [Int]? = nil, input: [Int]) throws {
      guard let kernel = try node.ints("kernel_shape") ?? kernel else {
        throw NodeError.invalid("its attribute kernel_shape is missing")
      }
      let rank = input.count
      func numbers(_ name: String, _ range: ClosedRange<Int>, or standard: Int, count: Int) throws -> [Int] {
        let list = try node.ints(name) ?? [Int](repeating: standard, count: count)
        guard list.count == count, list.allSatisfy(range.contains) else {
          throw NodeError.invalid("its \(name) is \(list)")
        }
        return list
      }
      guard kernel.count == rank, kernel.allSatisfy((1...1 << 16).contains) else {
        throw NodeError.unsupported("a kernel of the size \(kernel) over \(rank) dimensions")
      }
      self.kernel = kernel
      stride = try numbers("strides", 1...1 << 16, or: 1, count: rank)
      dilation = try numbers("dilations", 1...1 << 16, or: 1, count: rank)
      let pads = try numbers("pads", 0...1 << 20, or: 0, count: 2 * rank)
      (before, after) = (Array(pads[..<rank]), Array(pads[rank...]))
      switch try node.text("auto_pad", or: "NOTSET", among: ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"]) {
      case "NOTSET": break
      case "VALID": (before, after) = ([Int](repeating: 0, count: rank), [Int](repeating: 0, count: rank))
      case let side:
        for axis in 0..<rank {
          let result = (input[axis] + stride[axis] - 1) / stride[axis]
          let extent = (kernel[axis] - 1) * dilation[axis] + 1
          let total = max(0, (result - 1) * stride[axis] + extent - input[axis])
          before[axis] = side == "SAME_UPPER" ? total / 2 : total - total / 2
          after[axis] = total - before[axis]
        }
      }
    }
  }

  /// Runs `body` on a map: a tensor of three dimensions becomes one of a single row meanwhile.
  private mutating func onMap(
    _ node: ImportedNode, _ body: (inout GraphImporter, ImportedValue, ImportedValue, Window) throws -> ImportedValue
  ) throws -> ImportedValue {
    let (x, weight) = (try node.input(0), try node.input(1))
    guard weight.constant != nil else { throw NodeError.depends(on: 1) }
    guard x.rank == weight.rank, x.rank == 3 || x.rank == 4 else {
      throw NodeError.unsupported("\(x.description) and weights of the shape \(weight.shape)")
    }
    var window = try Window(node, kernel: Array(weight.shape[2...]), input: Array(x.shape[2...]))
    guard window.kernel == Array(weight.shape[2...]) else {
      throw NodeError.invalid("its kernel_shape is \(window.kernel), and its weights are \(weight.shape)")
    }
    if x.rank == 4 { return try body(&self, x, weight, window) }
    (window.kernel, window.stride, window.dilation) = ([1] + window.kernel, [1] + window.stride, [1] + window.dilation)
    (window.before, window.after) = ([0] + window.before, [0] + window.after)
    func row(_ value: ImportedValue) -> [Int] { [value.shape[0], value.shape[1], 1, value.shape[2]] }
    let result = try body(&self, try reshape(x, row(x)), try reshape(weight, row(weight)), window)
    return try reshape(result, [result.shape[0], result.shape[1], result.shape[3]])
  }

  mutating func convolution(_ node: ImportedNode) throws -> ImportedValue {
    let groups = try groups(node)
    let bias = try bias(node)
    return try onMap(node) { importer, x, weight, window in
      var (x, padding) = (x, window.before)
      if !window.isSymmetric {
        x = try importer.pad(x, before: [0, 0] + window.before, after: [0, 0] + window.after)
        padding = [0, 0]
      }
      return try importer.call(
        "conv2d",
        [
          "input": .tensor(x), "weight": .tensor(weight), "bias": bias, "stride": .ints(window.stride),
          "padding": .ints(padding), "dilation": .ints(window.dilation), "groups": .int(groups),
        ])
    }
  }

  mutating func transposedConvolution(_ node: ImportedNode) throws -> ImportedValue {
    let groups = try groups(node)
    let bias = try bias(node)
    let more = try node.ints("output_padding")
    let wanted = try node.ints("output_shape")
    let side = try node.text("auto_pad", or: "NOTSET", among: ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"])
    return try onMap(node) { importer, x, weight, window in
      // Over one dimension, the map has a single row.
      func pair(_ list: [Int]?, row: Int) throws -> [Int]? {
        guard let list else { return nil }
        guard (1...4).contains(list.count), list.allSatisfy((0...1 << 20).contains) else {
          throw NodeError.invalid("its sizes are \(list)")
        }
        return list.count == 1 ? [row] + list : Array(list.suffix(2))
      }
      let more = try pair(more, row: 0) ?? [0, 0]
      var (before, after) = (window.before, window.after)
      // The area that all windows cover; its borders are cut off.
      let whole = (0..<2).map { (axis: Int) -> Int in
        let extent = (window.kernel[axis] - 1) * window.dilation[axis] + 1
        return window.stride[axis] * (x.shape[axis + 2] - 1) + extent + more[axis]
      }
      var size = try pair(wanted, row: 1)
      if size == nil, side.hasPrefix("SAME") { size = (0..<2).map { window.stride[$0] * x.shape[$0 + 2] } }
      if let size {
        for axis in 0..<2 {
          let total = whole[axis] - size[axis]
          before[axis] = side == "SAME_UPPER" ? total / 2 : total - total / 2
          after[axis] = total - before[axis]
        }
      }
      return try importer.transposed(x, weight, bias, window, before, after, more, groups)
    }
  }

  private mutating func transposed(
    _ x: ImportedValue, _ weight: ImportedValue, _ bias: Argument, _ window: Window, _ before: [Int], _ after: [Int],
    _ more: [Int], _ groups: Int
  ) throws -> ImportedValue {
    let fits = zip(more, window.stride).allSatisfy { $0 < max($1, 1) }
    let isPlain = fits && before == after && before.allSatisfy { $0 >= 0 }
    let spread = try spread(weight, by: window.dilation)
    // Rows and columns that no window covers have the bias alone.
    let missing = fits ? [0, 0] : more
    let ends = (0..<2).map { missing[$0] - after[$0] }
    let isCut = before.allSatisfy { $0 >= 0 } && ends.allSatisfy { $0 <= 0 }
    let result = try call(
      "conv_transpose2d", overload: "input",
      [
        "input": .tensor(x), "weight": .tensor(spread), "bias": isCut ? bias : .none, "stride": .ints(window.stride),
        "padding": .ints(isPlain ? before : [0, 0]), "output_padding": .ints(fits ? more : [0, 0]),
        "groups": .int(groups), "dilation": .ints([1, 1]),
      ])
    if isPlain { return result }
    let padded = try pad(result, before: [0, 0] + before.map { -$0 }, after: [0, 0] + ends)
    guard !isCut, case .tensor(let vector) = bias else { return padded }
    return try add(padded, try reshape(vector, [1, vector.count, 1, 1]))
  }

  /// Weights with zeros between them in place of a dilation.
  private mutating func spread(_ weight: ImportedValue, by dilation: [Int]) throws -> ImportedValue {
    guard dilation != [1, 1], let constant = weight.constant else { return weight }
    let shape = weight.shape
    let size = (0..<2).map { (shape[$0 + 2] - 1) * dilation[$0] + 1 }
    guard try ImportLimits.count([shape[0], shape[1]] + size) <= ImportLimits.matrixElements else {
      throw NodeError.unsupported("the dilations \(dilation)")
    }
    let zeros = Tensor.zeros([shape[0], shape[1]] + size)
    zeros.slice(0..<size[0], dimension: 2, step: dilation[0]).slice(0..<size[1], dimension: 3, step: dilation[1])
      .copyInPlace(constant)
    return ImportedValue(zeros)
  }

  private func groups(_ node: ImportedNode) throws -> Int {
    let groups = try node.int("group") ?? 1
    guard groups > 0 else { throw NodeError.invalid("it has \(groups) groups") }
    return groups
  }

  private func bias(_ node: ImportedNode) throws -> Argument {
    guard let bias = node.optionalInput(2) else { return .none }
    guard bias.constant != nil else { throw NodeError.depends(on: 2) }
    return .tensor(converted(bias, to: .float32))
  }

  // MARK: - Matrices

  mutating func gemm(_ node: ImportedNode) throws -> ImportedValue {
    var (a, b) = (try node.input(0), try node.input(1))
    guard a.rank == 2, b.rank == 2 else {
      throw NodeError.invalid("it multiplies \(a.description) and \(b.description)")
    }
    if try node.flag("transA") { a = try permute(a, [1, 0]) }
    if try !node.flag("transB") { b = try permute(b, [1, 0]) }
    b = try scaled(b, by: try node.float("alpha") ?? 1)
    let sum = try node.optionalInput(2).map { try scaled($0, by: try node.float("beta") ?? 1) }
    guard b.constant != nil else {
      let product = try call("matmul", ["self": .tensor(a), "other": .tensor(try permute(b, [1, 0]))])
      return try sum.map { try add(product, $0) } ?? product
    }
    if let sum, sum.constant != nil, sum.count == b.shape[0], sum.shape.last == b.shape[0] {
      let bias = try reshape(sum, [b.shape[0]])
      return try call("linear", ["input": .tensor(a), "weight": .tensor(b), "bias": .tensor(bias)])
    }
    let product = try call("linear", ["input": .tensor(a), "weight": .tensor(b)])
    return try sum.map { try add(product, $0) } ?? product
  }

  mutating func matrixProduct(_ node: ImportedNode) throws -> ImportedValue {
    let (a, b) = (try node.input(0), try node.input(1))
    return try product(a, b)
  }

  mutating func product(_ a: ImportedValue, _ b: ImportedValue) throws -> ImportedValue {
    if b.constant != nil, b.rank == 2, a.rank >= 2 {
      return try call("linear", ["input": .tensor(a), "weight": .tensor(try permute(b, [1, 0]))])
    }
    guard a.rank >= 2, b.rank >= 2 || a.constant != nil && b.constant != nil else {
      throw NodeError.unsupported("a product of \(a.description) and \(b.description)")
    }
    return try call("matmul", ["self": .tensor(a), "other": .tensor(b)])
  }

  /// A sum of products of two tensors by their indices, such as `bhid,bhjd->bhij`: as a product of matrices.
  mutating func einsum(_ node: ImportedNode) throws -> ImportedValue {
    let text = (try node.text("equation") ?? "").filter { $0 != " " }
    let sides = text.split(separator: ">", omittingEmptySubsequences: false)
    guard sides.count == 2, sides[0].hasSuffix("-") else {
      throw NodeError.unsupported("the equation \(text.prefix(50))")
    }
    let terms = sides[0].dropLast().split(separator: ",", omittingEmptySubsequences: false).map(Array.init)
    let (result, values) = (Array(sides[1]), try node.allInputs())
    guard terms.count == 2, values.count == 2, zip(terms, values).allSatisfy({ $0.count == $1.rank }),
      (terms + [result]).allSatisfy({ Set($0).count == $0.count && $0.allSatisfy(\.isLetter) }),
      Set(result).isSubset(of: terms[0] + terms[1])
    else { throw NodeError.unsupported("the equation \(text.prefix(50))") }
    let (first, second) = (Set(terms[0]), Set(terms[1]))
    let batch = result.filter { first.contains($0) && second.contains($0) }
    let inner = terms[0].filter { second.contains($0) && !result.contains($0) }
    let rows = result.filter { first.contains($0) && !second.contains($0) }
    let columns = result.filter { second.contains($0) && !first.contains($0) }
    guard first.count == batch.count + inner.count + rows.count,
      second.count == batch.count + inner.count + columns.count
    else { throw NodeError.unsupported("the equation \(text.prefix(50)), which sums over one tensor") }
    var sizes: [Character: Int] = [:]
    for (term, value) in zip(terms, values) {
      for (index, size) in zip(term, value.shape) {
        guard sizes.updateValue(size, forKey: index) ?? size == size else {
          throw NodeError.invalid("the index \(index) has two sizes")
        }
      }
    }
    func count(_ indices: [Character]) -> Int { indices.reduce(1) { $0 * sizes[$1]! } }
    func matrix(_ place: Int, _ a: [Character], _ b: [Character], _ importer: inout GraphImporter) throws
      -> ImportedValue
    {
      let order = (batch + a + b).map { index in terms[place].firstIndex(of: index)! }
      return try importer.reshape(
        try importer.permute(values[place], order), [count(batch), count(a), count(b)])
    }
    let (left, right) = (try matrix(0, rows, inner, &self), try matrix(1, inner, columns, &self))
    let product = try call("matmul", ["self": .tensor(left), "other": .tensor(right)])
    let order = batch + rows + columns
    let shaped = try reshape(product, order.map { sizes[$0]! })
    return try permute(shaped, result.map { index in order.firstIndex(of: index)! })
  }
}
