import Testing
import Torch

/// Operators by name, called and watched.
@Suite struct OperatorCallTests {
  private let x = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [1, 6])

  @Test func `arguments of all types arrive`() throws {
    let sum = callOperator("add", overload: "Tensor", [.tensor(x), .tensor(x), .int(2)])
    #expect(sum.count == 1 && sum[0].equals(x * 3))
    // The last argument has a default.
    #expect(callOperator("add", overload: "Scalar", [.tensor(x), .double(0.5)])[0].equals(x + 0.5))
    let parts = callOperator("split_with_sizes", [.tensor(x), .ints([2, 4]), .int(1)])
    #expect(parts.map(\.shape) == [[1, 2], [1, 4]])
    #expect(callOperator("cat", [.tensors([x, x]), .int(0)])[0].shape == [2, 6])
    #expect(callOperator("clamp", [.tensor(x), .none, .int(3)])[0].elements(Float.self) == [1, 2, 3, 3, 3, 3])
    #expect(callOperator("gelu", [.tensor(x), .string("tanh")])[0].equals(x.gelu(tanhApproximation: true)))
    #expect(callOperator("sum", overload: "dim_IntList", [.tensor(x), .ints([1]), .bool(true)])[0].item == 21)
    let doubles = callOperator("sum", [.tensor(x), .dtype(.float64)])[0]
    #expect(doubles.dtype == .float64)
    let image = x.reshape([1, 1, 2, 3])
    let larger = callOperator(
      "upsample_bilinear2d", overload: "vec", [.tensor(image), .none, .bool(true), .doubles([2, 3])])
    #expect(larger[0].equals(image.upsampleBilinear2d(size: ImageSize(height: 4, width: 9), alignCorners: true)))
    // Several results.
    #expect(callOperator("max", overload: "dim", [.tensor(x), .int(1)])[1].itemInt == 5)
  }

  @Test func `operators of libtorch are found`() {
    #expect(hasOperator("relu") && hasOperator("add", overload: "Tensor"))
    #expect(!hasOperator("add") && !hasOperator("no_such_operator"))
  }

  @Test func refusalsAreErrors() {
    #expect(throws: TorchError.self) { try catchingTorchErrors { callOperator("no_such_operator", []) } }
    #expect(throws: TorchError.self) { try catchingTorchErrors { callOperator("relu", []) } }
    #expect(throws: TorchError.self) { try catchingTorchErrors { callOperator("relu", [.other("Generator")]) } }
    #expect(throws: TorchError.self) { try catchingTorchErrors { callOperator("relu", [.tensor(x), .int(1)]) } }
  }

  @Test func watchedCallsHaveTheirArguments() throws {
    let image = x.reshape([1, 1, 2, 3])
    let calls = recordOperators {
      withoutGradients {
        _ = image.conv2d(weight: .ones([1, 1, 1, 1]), padding: [0, 1])
        image.reluInPlace()
        _ = Tensor.zeros([2], dtype: .float64)
      }
    }
    let conv = try #require(calls.first { $0.name == "conv2d" })
    #expect(conv.arguments.map(\.name) == ["input", "weight", "bias", "stride", "padding", "dilation", "groups"])
    #expect(conv.inputs.map { $0?.shape } == [[1, 1, 2, 3], [1, 1, 1, 1], nil])
    guard case .ints(let padding) = conv.arguments[4].value, case .int(let groups) = conv.arguments[6].value else {
      Issue.record("padding and groups have other types")
      return
    }
    #expect(padding == [0, 1] && groups == 1)
    let relu = try #require(calls.first { $0.name == "relu_" })
    #expect(relu.arguments.map(\.isWritten) == [true])
    #expect(relu.outputs[0]!.isSame(as: image))
    let full = try #require(calls.last { $0.name == "full" })
    #expect(full.arguments.contains { if case .dtype(.float64) = $0.value { true } else { false } })
  }

  @Test func `views share memory and copies do not`() {
    let view = x.view([2, 3])
    #expect(view.identity != x.identity && view.memoryIdentity == x.memoryIdentity)
    #expect(x.clone().memoryIdentity != x.memoryIdentity)
  }
}
