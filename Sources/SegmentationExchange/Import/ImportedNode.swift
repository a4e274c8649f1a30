import Files
import Foundation
import ONNX
import SegmentationInference
import Torch

/// A node of an ONNX file with the values that it reads. Its methods give inputs and attributes with their types, or throw a
/// line that says what was expected.
struct ImportedNode {
  let node: ONNXNode
  let inputs: [ImportedValue?]
  /// The version of the operators that the node belongs to.
  let version: Int
  private let attributes: [String: ONNXAttribute]

  init(_ node: ONNXNode, inputs: [ImportedValue?], attributes: [String: ONNXAttribute], version: Int) {
    (self.node, self.inputs, self.attributes, self.version) = (node, inputs, attributes, version)
  }

  /// How messages name the node.
  static func label(_ node: ONNXNode) -> String {
    let name = node.name.isEmpty ? node.output.first { !$0.isEmpty } ?? "" : node.name
    let type = node.domain.isEmpty || node.domain == "ai.onnx" ? node.opType : "\(node.domain).\(node.opType)"
    return name.isEmpty ? type.printable(limit: 100) : "\(type.printable(limit: 100)) (\(name.printable(limit: 100)))"
  }

  // MARK: - Inputs

  /// An input that must be there.
  func input(_ index: Int) throws(NodeError) -> ImportedValue {
    guard let value = optionalInput(index) else {
      throw NodeError.invalid("its input \(index) is missing; it has \(inputs.count)")
    }
    return value
  }

  /// An input that may be left out.
  func optionalInput(_ index: Int) -> ImportedValue? { index < inputs.count ? inputs[index] : nil }

  /// All inputs, none of which may be left out.
  func allInputs() throws(NodeError) -> [ImportedValue] {
    var result: [ImportedValue] = []
    for index in inputs.indices { result.append(try input(index)) }
    guard !result.isEmpty else { throw NodeError.invalid("it has no inputs") }
    return result
  }

  /// Whole numbers of an input; `nil` if it is left out.
  func integers(input index: Int) throws(NodeError) -> [Int]? {
    guard let value = optionalInput(index) else { return nil }
    guard let integers = value.integers else { throw NodeError.depends(on: index) }
    return integers
  }

  /// Numbers of an input; `nil` if it is left out.
  func numbers(input index: Int) throws(NodeError) -> [Double]? {
    guard let value = optionalInput(index) else { return nil }
    guard let numbers = value.numbers else { throw NodeError.depends(on: index) }
    return numbers
  }

  /// The number of an input of one element; `nil` if it is left out.
  func number(input index: Int) throws(NodeError) -> Double? {
    guard let value = optionalInput(index) else { return nil }
    guard value.constant != nil else { throw NodeError.depends(on: index) }
    guard let number = value.number else {
      throw NodeError.invalid("its input \(index) has \(value.count) elements, expected 1")
    }
    return number
  }

  /// Whole numbers that newer versions take as an input and older ones as an attribute; `nil` if neither is there.
  func integers(input index: Int, or name: String) throws(NodeError) -> [Int]? {
    if let integers = try integers(input: index) { return integers }
    return try ints(name)
  }

  // MARK: - Attributes

  private func attribute(_ name: String, _ type: ONNXAttribute.Kind) throws(NodeError) -> ONNXAttribute? {
    guard let attribute = attributes[name] else { return nil }
    guard attribute.type == type || attribute.type == .undefined else {
      throw NodeError.invalid("its attribute \(name) is of the type \(attribute.type), expected \(type)")
    }
    return attribute
  }

  func int(_ name: String) throws(NodeError) -> Int? { try attribute(name, .int).map { Int($0.i) } }

  func flag(_ name: String, or standard: Bool = false) throws(NodeError) -> Bool {
    try int(name).map { $0 != 0 } ?? standard
  }

  func float(_ name: String) throws(NodeError) -> Double? { try attribute(name, .float).map { Double($0.f) } }

  func ints(_ name: String) throws(NodeError) -> [Int]? { try attribute(name, .ints).map { $0.ints.map { Int($0) } } }

  func floats(_ name: String) throws(NodeError) -> [Double]? {
    try attribute(name, .floats).map { $0.floats.map { Double($0) } }
  }

  func text(_ name: String) throws(NodeError) -> String? {
    try attribute(name, .string).map { String(decoding: $0.s, as: UTF8.self) }
  }

  func tensor(_ name: String) throws(NodeError) -> ONNXTensor? { try attribute(name, .tensor).map { $0.t } }

  func graph(_ name: String) throws(NodeError) -> ONNXGraph? { try attribute(name, .graph).map { $0.g } }

  /// A text that must be one of some.
  func text(_ name: String, or standard: String, among known: [String]) throws(NodeError) -> String {
    let text = try text(name) ?? standard
    guard known.contains(text) else {
      throw NodeError.unsupported("\(name) \(text.printable(limit: 50))")
    }
    return text
  }

  /// An axis, counted from 0.
  func axis(_ name: String, or standard: Int? = nil, rank: Int) throws(NodeError) -> Int {
    guard let axis = try int(name) ?? standard else { throw NodeError.invalid("its attribute \(name) is missing") }
    return try Self.axis(axis, rank: rank)
  }

  static func axis(_ axis: Int, rank: Int) throws(NodeError) -> Int {
    guard (-rank..<rank).contains(axis) else {
      throw NodeError.invalid("its axis is \(axis), expected one of \(rank)")
    }
    return axis < 0 ? axis + rank : axis
  }
}

/// Why a node cannot be imported.
enum NodeError: Error, CustomStringConvertible {
  /// A case of the operator that there is no form for. The importer collects these.
  case unsupported(String)
  /// The node contradicts the definition of its operator.
  case invalid(String)

  /// An input decides something that must be known when the network is read.
  static func depends(on input: Int) -> NodeError { .unsupported("its input \(input) depends on the image") }

  var description: String {
    switch self {
    case .unsupported(let reason): "not supported: \(reason)"
    case .invalid(let reason): reason
    }
  }
}
