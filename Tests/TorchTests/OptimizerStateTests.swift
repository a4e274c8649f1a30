import TestSupport
import Testing
import Torch

/// Saved states of optimizers, which may come from anywhere.
@Suite struct OptimizerStateTests {
  private func parameter() -> Tensor {
    let parameter = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
    parameter.requiresGrad = true
    parameter.grad = Tensor([1, 1, 1, 1, 1, 1] as [Float], shape: [2, 3])
    return parameter
  }

  private static func full(_ shape: [Int], _ value: Double = 0.5, dtype: DType = .float32) -> Tensor {
    Tensor.full(shape, value, dtype: dtype)
  }

  @Test func `a saved state goes on as the optimizer that saved it`() throws {
    let first = parameter()
    let saving = Adam([ParameterGroup([first], learningRate: 0.1)])
    saving.step()
    let second = Tensor(first.elements(Float.self), shape: [2, 3])
    second.requiresGrad = true
    second.grad = first.grad
    let resumed = Adam([ParameterGroup([second], learningRate: 0.1)])
    try resumed.restore(saving.state)
    saving.step()
    resumed.step()
    #expect(first.elements(Float.self) == second.elements(Float.self))
    #expect(resumed.state[0]?["step"]?.item == 2 && resumed.state[0]?["step"]?.shape == [])
  }

  struct Refusal: Sendable, CustomStringConvertible {
    let description: String
    let number: Int
    let build: @Sendable () -> [String: Tensor]

    init(_ description: String, number: Int = 0, _ build: @escaping @Sendable () -> [String: Tensor]) {
      self.description = description
      self.number = number
      self.build = build
    }

    static func adam(_ average: Tensor = full([2, 3]), step: Tensor = full([], 3)) -> [String: Tensor] {
      ["exp_avg": average, "exp_avg_sq": full([2, 3]), "step": step]
    }
  }

  @Test(arguments: [
    Refusal("exp_avg of parameter 0: expected float32 [2, 3], found float32 [1]") { Refusal.adam(full([1])) },
    Refusal("exp_avg of parameter 0: expected float32 [2, 3], found float32 []") { Refusal.adam(full([])) },
    Refusal("exp_avg of parameter 0: expected float32 [2, 3], found float32 [3, 2]") { Refusal.adam(full([3, 2])) },
    Refusal("exp_avg of parameter 0: expected float32 [2, 3], found float64 [2, 3]") {
      Refusal.adam(full([2, 3], dtype: .float64))
    },
    Refusal("step of parameter 0: expected one number, found float32 [2]") { Refusal.adam(step: full([2])) },
    Refusal("step of parameter 0: expected a number of steps, found -1.0") { Refusal.adam(step: full([], -1)) },
    Refusal("step of parameter 0: expected a number of steps, found nan") { Refusal.adam(step: full([], .nan)) },
    Refusal("expected exp_avg, exp_avg_sq, step, found exp_avg") { ["exp_avg": full([2, 3])] },
    Refusal("expected exp_avg, exp_avg_sq, step, found momentum_buffer") { ["momentum_buffer": full([2, 3])] },
    Refusal("it has a parameter 1, this network has 1", number: 1) { Refusal.adam() },
  ]) func `what does not belong to the parameters is refused and changes nothing`(_ refusal: Refusal) throws {
    let optimizer = Adam([ParameterGroup([parameter()], learningRate: 0.1)])
    optimizer.step()
    let before = optimizer.state[0]!["exp_avg"]!
    let problem = message { try optimizer.restore([refusal.number: refusal.build()]) }
    #expect(problem?.contains(refusal.description) == true, "\(problem ?? "none")")
    #expect(optimizer.state[0]!["exp_avg"]!.isSame(as: before))
  }

  /// The fused kernels would follow a buffer of one element beyond its memory.
  @Test(arguments: [[1], [], [3, 2], [6]]) func `the native step refuses misshapen buffers`(_ shape: [Int]) {
    for kind in ["sgd", "adam", "adamw"] {
      let parameter = parameter()
      let group = ParameterGroup([parameter], learningRate: 0.1)
      let optimizer: any Optimizer = kind == "sgd" ? SGD([group]) : Adam([group], decoupled: kind == "adamw")
      let buffer = Self.full(shape)
      optimizer.state[0] =
        kind == "sgd" ? ["momentum_buffer": buffer] : ["exp_avg": buffer, "exp_avg_sq": Self.full([2, 3])]
      let problem = message { try catchingTorchErrors { optimizer.step() } }
      #expect(problem?.contains("of parameter 0 is") == true, "\(kind): \(problem ?? "none")")
      #expect(parameter.elements(Float.self) == [1, 2, 3, 4, 5, 6])
    }
  }

  @Test func `the native step refuses buffers of another memory order and counters of another size`() {
    let order = parameter()
    let sgd = SGD([ParameterGroup([order], learningRate: 0.1)])
    sgd.state[0] = ["momentum_buffer": Self.full([3, 2]).transpose(0, 1)]
    #expect(message { try catchingTorchErrors { sgd.step() } }?.contains("with strides") == true)
    let adam = Adam([ParameterGroup([order], learningRate: 0.1)])
    adam.state[0] = Refusal.adam(step: Self.full([4]))
    #expect(message { try catchingTorchErrors { adam.step() } }?.contains("the step of parameter 0") == true)
    #expect(order.elements(Float.self) == [1, 2, 3, 4, 5, 6])
  }

  @Test func `buffers of another memory order are taken over in the parameter's`() throws {
    let parameter = parameter()
    let optimizer = SGD([ParameterGroup([parameter], learningRate: 0.1)])
    let saved = Tensor([1, 4, 2, 5, 3, 6] as [Float], shape: [3, 2]).transpose(0, 1)
    try optimizer.restore([0: ["momentum_buffer": saved]])
    #expect(optimizer.state[0]!["momentum_buffer"]!.isContiguous())
    #expect(optimizer.state[0]!["momentum_buffer"]!.elements(Float.self) == [1, 2, 3, 4, 5, 6])
  }

  // In the generator's state the numbers are at byte 24, `left` at 8 and `next` at 16.
  @Test func `damaged random states are refused and leave the generator as it is`() {
    let state = Libtorch.randomState()
    func changed(_ place: Int, _ value: UInt8) -> Tensor {
      var bytes = state.elements(UInt8.self)
      bytes[place] = value
      return Tensor(bytes)
    }
    for bad in [
      Tensor([0] as [UInt8]), state.to(dtype: .int32), state.reshape([2, 2528]), changed(11, 0x80), changed(19, 1),
      changed(5052, 7),
    ] {
      #expect(message { try Libtorch.setRandomState(bad) }?.contains("random state") == true)
    }
  }
}
