import Foundation
import ONNX
import Testing

/// The format against a file that the onnx package wrote.
struct ONNXFormatTests {
  // python: a convolution with weights in raw_data and a bias in float_data, and LeakyRelu; helper.make_model, opset 17.
  private static let file = Data(
    base64Encoded: """
      CAgSBG9ubng68wEKVgoBeAoBdwoBYhIBeRoBYyIEQ29udioVCghhdXRvX3BhZCIGTk9UU0VUoAEDKhUKDGtlcm5lbF9zaGFwZUAB
      QAGgAQcqEQoEcGFkc0AAQABAAEAAoAEHCiIKAXkSAXoiCUxlYWt5UmVsdSoPCgVhbHBoYRUAAAA+oAEBEgVzbWFsbCoXCAIIAQgB
      CAEQAUIBd0oIAADAPwAAAMAqEQgCEAEiCAAAgD4AAAC/QgFiKhQIAhAHOgv///////////8BB0IBa1ohCgF4EhwKGggBEhYKAggB
      CgIIAQoIEgZoZWlnaHQKAggEYgkKAXoSBAoCCAFCBAoAEBFyDgoHY2xhc3NlcxIDWzFd
      """.replacing("\n", with: ""))!

  @Test func `the fields of a file of the onnx package are where they belong`() throws {
    let model = try ONNXModel(serializedBytes: Self.file)
    #expect(model.irVersion == 8 && model.producerName == "onnx")
    #expect(model.opsetImport.map(\.version) == [17] && model.opsetImport[0].domain == "")
    #expect(model.metadataProps.map { [$0.key, $0.value] } == [["classes", "[1]"]])
    let graph = model.graph
    #expect(graph.name == "small" && graph.node.map(\.opType) == ["Conv", "LeakyRelu"])
    #expect(graph.node[0].input == ["x", "w", "b"] && graph.node[0].output == ["y"] && graph.node[0].name == "c")
    let attributes = Dictionary(uniqueKeysWithValues: graph.node[0].attribute.map { ($0.name, $0) })
    #expect(attributes["kernel_shape"]?.ints == [1, 1] && attributes["kernel_shape"]?.type == .ints)
    #expect(attributes["auto_pad"]?.s == Data("NOTSET".utf8) && attributes["auto_pad"]?.type == .string)
    #expect(graph.node[1].attribute[0].f == 0.125 && graph.node[1].attribute[0].type == .float)
    #expect(
      graph.initializer.map(\.name) == ["w", "b", "k"] && graph.initializer.map(\.dims) == [[2, 1, 1, 1], [2], [2]])
    #expect(graph.initializer[0].rawData.count == 8 && graph.initializer[0].dataType == 1)
    #expect(graph.initializer[1].floatData == [0.25, -0.5] && graph.initializer[2].int64Data == [-1, 7])
    let input = graph.input[0].type.tensorType
    #expect(graph.input[0].name == "x" && input.elemType == 1)
    #expect(input.shape.dim.map(\.dimValue) == [1, 1, 0, 4] && input.shape.dim[2].dimParam == "height")
    #expect(graph.output[0].name == "z" && !graph.output[0].type.tensorType.hasShape)
  }

  @Test func `a file written again has the same content`() throws {
    let model = try ONNXModel(serializedBytes: Self.file)
    #expect(try ONNXModel(serializedBytes: model.serializedData() as Data) == model)
  }
}
