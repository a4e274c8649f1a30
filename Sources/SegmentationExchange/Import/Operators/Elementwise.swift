import SegmentationInference
import Torch

// Operators on single numbers.
extension GraphImporter {
  // MARK: - Activations

  /// A function of libtorch without parameters.
  mutating func activation(_ node: ImportedNode, _ name: String) throws -> ImportedValue {
    try unary(name, node.input(0))
  }

  mutating func leakyRelu(_ node: ImportedNode) throws -> ImportedValue {
    try call(
      "leaky_relu", ["self": .tensor(node.input(0)), "negative_slope": .double(try node.float("alpha") ?? 0.01)])
  }

  mutating func elu(_ node: ImportedNode) throws -> ImportedValue {
    try call("elu", ["self": .tensor(node.input(0)), "alpha": .double(try node.float("alpha") ?? 1)])
  }

  mutating func selu(_ node: ImportedNode) throws -> ImportedValue {
    let (alpha, gamma) = (try node.float("alpha") ?? 1.67326319, try node.float("gamma") ?? 1.05070102)
    guard abs(alpha - 1.67326319) > 1e-4 || abs(gamma - 1.05070102) > 1e-4 else { return try activation(node, "selu") }
    let x = try call("elu", ["self": .tensor(node.input(0)), "alpha": .double(alpha)])
    return try scaled(x, by: gamma)
  }

  mutating func prelu(_ node: ImportedNode) throws -> ImportedValue {
    let (x, slope) = (try node.input(0), try node.input(1))
    let shape = [Int](repeating: 1, count: max(0, x.rank - slope.rank)) + slope.shape
    let isVector = shape.count == x.rank && shape.enumerated().allSatisfy { $0.offset == 1 || $0.element == 1 }
    if slope.constant != nil, slope.count == 1 || isVector && x.rank > 1 && shape[1] == x.shape[1] {
      return try call("prelu", ["self": .tensor(x), "weight": .tensor(try reshape(slope, [slope.count]))])
    }
    let negative = try multiply(slope, try unary("relu", try scaled(x, by: -1)))
    return try subtract(try unary("relu", x), negative)
  }

  mutating func gelu(_ node: ImportedNode) throws -> ImportedValue {
    let form = try node.text("approximate", or: "none", among: ["none", "tanh"])
    return try call("gelu", ["self": .tensor(node.input(0)), "approximate": .string(form)])
  }

  mutating func hardSigmoid(_ node: ImportedNode) throws -> ImportedValue {
    let (alpha, beta) = (try node.float("alpha") ?? 0.2, try node.float("beta") ?? 0.5)
    if abs(alpha - 1.0 / 6) < 1e-6, beta == 0.5 { return try activation(node, "hardsigmoid") }
    return try clamp(try scaled(try node.input(0), by: alpha, plus: beta), 0, 1)
  }

  mutating func swish(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    return try multiply(x, try unary("sigmoid", try scaled(x, by: try node.float("alpha") ?? 1)))
  }

  /// x · tanh(log(1 + exp(x))), in a form without logarithms.
  mutating func mish(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    return try multiply(x, try tanhOfSoftplus(x))
  }

  /// log(1 + exp(x)), which can be computed only within the tanh of Mish.
  mutating func softplus(_ node: ImportedNode) throws -> ImportedValue { try unary("softplus", node.input(0)) }

  mutating func tanh(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    if let inner = producer(of: x, "softplus").flatMap({ operand($0, 0) }) { return try tanhOfSoftplus(inner) }
    return try unary("tanh", x)
  }

  /// With q = sigmoid(-x) = 1 / (1 + exp(x)), tanh(log(1 / q)) is (1 - q²) / (1 + q²).
  private mutating func tanhOfSoftplus(_ x: ImportedValue) throws -> ImportedValue {
    let q = try unary("sigmoid", try scaled(x, by: -1))
    let square = try multiply(q, q)
    return try divide(try scaled(square, by: -1, plus: 1), try scaled(square, by: 1, plus: 1))
  }

  mutating func clip(_ node: ImportedNode) throws -> ImportedValue {
    let lower = try node.number(input: 1) ?? node.float("min")
    let upper = try node.number(input: 2) ?? node.float("max")
    let x = try node.input(0)
    return try clamp(x, lower, upper).typed(x.type)
  }

  // MARK: - Arithmetic

  mutating func addition(_ node: ImportedNode) throws -> ImportedValue {
    let (a, b) = (try node.input(0), try node.input(1))
    return try layerNorm(a, shiftedBy: b) ?? layerNorm(b, shiftedBy: a) ?? add(a, b)
  }

  mutating func multiplication(_ node: ImportedNode) throws -> ImportedValue {
    let (a, b) = (try node.input(0), try node.input(1))
    if let known = try layerNorm(a, scaledBy: b) ?? layerNorm(b, scaledBy: a) { return known }
    return try geluProduct(a, b) ?? multiply(a, b)
  }

  mutating func division(_ node: ImportedNode) throws -> ImportedValue {
    let (a, b) = (try node.input(0), try node.input(1))
    // Whole numbers are divided as in C.
    if a.constant != nil, b.constant != nil, !a.type.isFloatingPoint, !b.type.isFloatingPoint {
      guard !(b.integers ?? []).contains(0) else { throw NodeError.invalid("it divides by zero") }
      return try call(
        "div", overload: "Tensor_mode",
        ["self": .tensor(a), "other": .tensor(b), "rounding_mode": .string("trunc")])
    }
    return try layerNorm(a, dividedBy: b) ?? divide(a, b)
  }

  mutating func power(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    let exponent = try node.input(1)
    if x.constant != nil, exponent.constant != nil {
      return try call("pow", overload: "Tensor_Tensor", ["self": .tensor(x), "exponent": .tensor(exponent)])
        .typed(x.type)
    }
    switch try node.number(input: 1) {
    case 1: return x
    case 2: return try multiply(x, x)
    case 3: return try multiply(try multiply(x, x), x)
    case 4:
      let square = try multiply(x, x)
      return try multiply(square, square)
    case -1: return try divide(scalar(1), x)
    case 0.5: return try unary("sqrt", x)
    case let number: throw NodeError.unsupported("the exponent \(number ?? .nan)")
    }
  }

  /// A square root, which can be computed only of a sum of squares and within a normalization.
  mutating func squareRoot(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    if let sum = producer(of: x, "sum"), let square = operand(sum, 0), let product = producer(of: square, "mul"),
      let a = operand(product, 0), let b = operand(product, 1), let id = a.computed, id == b.computed,
      case .ints(let axes) = sum.arguments[1].value, case .bool(let keeps) = sum.arguments[2].value
    {
      return try call(
        "linalg_vector_norm",
        ["self": .tensor(a), "ord": .double(2), "dim": .ints(axes), "keepdim": .bool(keeps)])
    }
    return try unary("sqrt", x)
  }

  mutating func absolute(_ x: ImportedValue) throws -> ImportedValue {
    if x.constant != nil {
      // libtorch cannot tell the shape of "abs" without computing it.
      return try call("maximum", ["self": .tensor(x), "other": .tensor(try scaled(x, by: -1))]).typed(x.type)
    }
    return try add(try unary("relu", x), try unary("relu", try scaled(x, by: -1)))
  }

  /// The larger or the smaller one of each pair of numbers.
  mutating func extreme(_ node: ImportedNode, isLargest: Bool) throws -> ImportedValue {
    try node.allInputs().dropFirst().reduce(try node.input(0)) { a, b in
      if a.constant != nil, b.constant != nil {
        return try call(isLargest ? "maximum" : "minimum", ["self": .tensor(a), "other": .tensor(b)]).typed(a.type)
      }
      for (x, bound) in [(a, b), (b, a)] {
        guard let number = bound.number, bound.rank <= x.rank else { continue }
        return try clamp(x, isLargest ? number : nil, isLargest ? nil : number)
      }
      // max(a, b) = b + relu(a - b), min(a, b) = b - relu(b - a).
      return isLargest
        ? try add(b, try unary("relu", try subtract(a, b)))
        : try subtract(b, try unary("relu", try subtract(b, a)))
    }
  }

  mutating func sum(_ node: ImportedNode) throws -> ImportedValue {
    try node.allInputs().dropFirst().reduce(try node.input(0)) { try add($0, $1) }
  }

  mutating func mean(_ node: ImportedNode) throws -> ImportedValue {
    try scaled(try sum(node), by: 1 / Double(node.inputs.count))
  }

  /// a where a mask is true and b elsewhere.
  mutating func select(_ node: ImportedNode) throws -> ImportedValue {
    let (mask, a, b) = (try node.input(0), try node.input(1), try node.input(2))
    guard mask.constant != nil else { throw NodeError.depends(on: 0) }
    func chosen(_ a: ImportedValue, _ b: ImportedValue, _ importer: inout GraphImporter) throws -> ImportedValue {
      try importer.call(
        "where", overload: "self", ["condition": .tensor(mask), "self": .tensor(a), "other": .tensor(b)])
    }
    if a.constant != nil, b.constant != nil { return try chosen(a, b, &self).typed(a.type) }
    let isTrue = try chosen(scalar(1), scalar(0), &self)
    func part(_ x: ImportedValue, _ isChosen: Bool, _ importer: inout GraphImporter) throws -> ImportedValue {
      if x.constant != nil {
        return try isChosen
          ? chosen(x, importer.scalar(0), &importer) : chosen(importer.scalar(0), x, &importer)
      }
      let weight = isChosen ? isTrue : try importer.scaled(isTrue, by: -1, plus: 1)
      return try importer.multiply(x, weight)
    }
    return try add(try part(a, true, &self), try part(b, false, &self))
  }
}
