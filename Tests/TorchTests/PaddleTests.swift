import Foundation
import TestSupport
import Testing
import Torch

/// PaddlePaddle's checkpoints: Tests/Fixtures/checkpoints/make_paddle.py.
@Suite struct PaddleTests {
  private func read(_ name: String) throws -> PickleValue {
    try Checkpoint.read(from: checkpointFixture("paddle/\(name).pdparams"))
  }

  @Test(arguments: [2, 4, 5]) func `arrays of numpy are read as tensors`(_ version: Int) throws {
    let content = try read("protocol\(version)")
    let keys = ["conv.weight", "conv.bias", "norm._mean", "norm.steps", "columns", "empty", "mask"]
    #expect(content.dictionary?.keys == keys.map(PickleKey.string))
    let weight = try #require(content["conv.weight"]?.tensor)
    #expect(weight.shape == [2, 1, 3, 3] && weight.elements(Float.self) == (0..<18).map { Float($0) / 4 - 1 })
    #expect(content["conv.bias"]?.tensor?.elements(Float.self) == [0.5, -2])
    let mean = try #require(content["norm._mean"]?.tensor)
    #expect(mean.dtype == .float16 && mean.to(dtype: .float32).elements(Float.self) == [1, 2])
    let steps = try #require(content["norm.steps"]?.tensor)
    #expect(steps.shape == [] && steps.dtype == .int64 && steps.item == 7)
    let columns = try #require(content["columns"]?.tensor)
    #expect(columns.dtype == .float64 && columns.shape == [2, 3])
    #expect(columns.select(1, dimension: 0).to(dtype: .float32).elements(Float.self) == [3, 4, 5])
    #expect(content["empty"]?.tensor?.shape == [0, 4])
    #expect(content["mask"]?.tensor?.to(dtype: .float32).elements(Float.self) == [1, 0, 1])
  }

  @Test func `an array under two names is there once`() throws {
    let content = try read("shared")
    let a = try #require(content["a"]?.tensor)
    #expect(a.elements(Float.self) == [0, 1, 2, 3])
    #expect(content["b"]?.tensor?.equals(a) == true)
  }

  @Test func `arrays of other kinds are named`() throws {
    let content = try read("unusual")
    #expect(content["a"]?.tensor != nil)
    for name in ["big", "text", "short"] {
      #expect(content[.string(name)]?.kind == "an array of an element type that is not supported", "\(name)")
    }
    #expect(content["objects"]?.kind == "an array of Python objects")
  }

  @Test(arguments: [
    ("nothing", "it is a Python pickle that torch.save did not write, without arrays of weights"),
    ("large", "an array that numpy did not write"), ("huge", "an array that numpy did not write"),
    ("negative", "an array that numpy did not write"), ("cut", "truncated"),
  ]) func `damaged arrays are refused`(_ name: String, _ expected: String) {
    let problem = message { _ = try read(name) }
    #expect(problem?.contains(expected) == true && problem?.contains("\n") == false, "\(problem ?? "none")")
  }
}
