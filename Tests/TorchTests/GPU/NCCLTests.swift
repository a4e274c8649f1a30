import TestSupport
import Testing
import Torch

/// Collectives over NCCL. One GPU has room for one process.
@Suite(.serialized, .enabled(if: hasGPU && ProcessGroup.backends.contains(.nccl), "this machine has no NCCL"))
struct NCCLTests {
  let gpu = Device.cuda(0)

  private func group() throws -> ProcessGroup {
    let port = try RendezvousServer().port  // free again
    return try ProcessGroup(
      rank: 0, size: 1, address: "127.0.0.1", port: port, serves: true, backend: .nccl, device: gpu,
      timeout: .seconds(60))
  }

  @Test func collectivesOfOneProcessChangeNothing() throws {
    let group = try group()
    for dtype in [DType.float32, .float16, .bfloat16, .float64, .int64] {
      let values = Tensor([Float(3), -5, 7]).to(dtype: dtype, device: gpu)
      try group.allReduce([values], .sum)
      if dtype.isFloatingPoint { try group.allReduce([values], .mean) }
      try group.allReduce([values], .maximum)
      try group.broadcast([values], from: 0)
      #expect(values.elements(Double.self) == [3, -5, 7])
    }
    #expect(try group.sum([1, 2.5]) == [1, 2.5])
    #expect(try group.allGather(Array("text".utf8)) == [Array("text".utf8)])
    try group.barrier()
  }

  @Test func gradientsAreAveraged() throws {
    let group = try group()
    let weights = [Tensor.ones([4, 4], device: gpu), Tensor.ones([4], device: gpu)]
    for weight in weights { weight.requiresGrad = true }
    let synchronizer = try GradientSynchronizer(
      weights, group: group, bucketBytes: 1 << 20, findsUnusedParameters: true)
    for _ in 0..<3 {
      for weight in weights { weight.grad = nil }
      let loss = (weights[0] * 2).sum()
      try synchronizer.prepareForBackward(outputs: [loss], synchronizing: true)
      loss.backward()
      #expect(weights[0].grad?.elements(Float.self) == [Float](repeating: 2, count: 16))
    }
  }

  @Test func batchesOfAllProcessesAreNormalizedTogether() throws {
    let group = try group()
    let x = Formula.input([2, 4, 6, 6]).to(device: gpu)
    func run(_ norm: BatchNorm2d) -> [[Float]] {
      let input = x.clone()
      input.requiresGrad = true
      let y = norm.train()(input)
      (y * x).sum().backward()
      return [y, input.grad!, norm.weight.grad!, norm.bias.grad!, norm.runningMean, norm.runningVar].map {
        $0.elements()
      }
    }
    let plain = BatchNorm2d(4).to(gpu)
    let shared = BatchNorm2d(4).to(gpu)
    shared.group = group
    for (found, expected) in zip(run(shared), run(plain)) {
      for (a, b) in zip(found, expected) { #expect(abs(a - b) <= 1e-4 * max(1, abs(b))) }
    }
  }
}
