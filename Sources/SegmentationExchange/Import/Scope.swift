import Files
import ONNX

/// The names that nodes can read: those of a graph, of a function or of a branch.
struct Scope {
  private var values: [String: ImportedValue] = [:]
  /// Weights that nothing has read yet.
  private var unread: [String: ONNXTensor] = [:]
  /// The attributes of the node that calls the function whose names these are.
  var arguments: [String: ONNXAttribute] = [:]

  subscript(name: String) -> ImportedValue? {
    get { values[name] }
    set { values[name] = newValue }
  }

  /// Adds the weights of a graph, which are read when they are needed.
  mutating func add(_ graph: ONNXGraph) throws(ExchangeError) {
    guard graph.sparseInitializer.isEmpty else { throw ExchangeError("it has sparse weights, which are not supported") }
    for tensor in graph.initializer { unread[tensor.name] = tensor }
  }

  /// The value with a name; `nil` if there is none.
  mutating func value(_ name: String, _ reader: TensorReader) throws -> ImportedValue? {
    if let value = values[name] { return value }
    guard let tensor = unread.removeValue(forKey: name) else { return nil }
    let value = try ImportedValue(tensor, reader)
    values[name] = value
    return value
  }

  /// The attributes of a node by name, with those of the function's caller where the node refers to them.
  func attributes(of node: ONNXNode) throws(NodeError) -> [String: ONNXAttribute] {
    var result: [String: ONNXAttribute] = [:]
    for attribute in node.attribute {
      guard result[attribute.name] == nil else {
        throw NodeError.invalid("it has the attribute \(attribute.name.printable(limit: 100)) twice")
      }
      guard !attribute.refAttrName.isEmpty else {
        result[attribute.name] = attribute
        continue
      }
      // A function may leave out what its caller leaves out.
      result[attribute.name] = arguments[attribute.refAttrName]
    }
    return result
  }
}

extension ImportedValue {
  /// The constant of a tensor in a file.
  init(_ tensor: ONNXTensor, _ reader: TensorReader) throws {
    do {
      let (elements, type) = try reader.read(tensor)
      self.init(.constant(elements), shape: elements.shape, type: type)
    } catch let error as ExchangeError {
      throw ExchangeError("the tensor \(tensor.name.printable(limit: 100)): \(error)")
    }
  }
}

/// The functions that a file defines.
struct FunctionTable {
  private struct Key: Hashable { let domain, name, overload: String }

  private var functions: [Key: ONNXFunction] = [:]

  init(_ functions: [ONNXFunction]) throws(ExchangeError) {
    for function in functions {
      let key = Key(domain: function.domain, name: function.name, overload: function.overload)
      guard self.functions.updateValue(function, forKey: key) == nil else {
        throw ExchangeError("it defines the function \(function.name.printable(limit: 100)) twice")
      }
    }
  }

  /// The function that a node calls; `nil` if it calls none.
  subscript(node: ONNXNode) -> ONNXFunction? {
    functions[Key(domain: node.domain, name: node.opType, overload: node.overload)]
  }
}

/// The version of ONNX's own operators that a file or a function asks for.
struct OperatorVersion {
  let number: Int

  /// The versions whose operators are known.
  static let known = 7...25

  init(_ imports: [ONNXOperatorSet]) throws(ExchangeError) {
    guard let found = imports.first(where: { $0.domain.isEmpty || $0.domain == "ai.onnx" })?.version else {
      number = 1
      return
    }
    guard Self.known.contains(Int(found)) else {
      throw ExchangeError(
        "it has operators of version \(found), expected \(Self.known.lowerBound) to \(Self.known.upperBound)")
    }
    number = Int(found)
  }
}
