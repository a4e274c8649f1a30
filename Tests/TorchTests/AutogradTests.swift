import Testing
import Torch

@Suite struct AutogradTests {
  @Test func gradientsAccumulateAndClear() {
    let weight = Tensor([1, 2, 3] as [Float])
    weight.requiresGrad = true
    (weight * weight).sum().backward()
    (weight * weight).sum().backward()
    #expect(weight.grad?.elements(Float.self) == [4, 8, 12])
    #expect(abs(totalNorm([weight.grad!, weight.grad!]).item - (2.0 * 224).squareRoot()) < 1e-4)
    weight.grad = nil
    #expect(weight.grad == nil)
  }

  @Test func nothingIsRecordedInTheScope() {
    let weight = Tensor([1] as [Float])
    weight.requiresGrad = true
    #expect(withoutGradients { (weight * 2).requiresGrad } == false)
    #expect((weight * 2).requiresGrad)
  }

  @Test func autocastAppliesInTheScopeAlone() {
    let x = Tensor.ones([2, 2])
    #expect(autocast(.bfloat16) { x.matmul(x).dtype } == .bfloat16)
    #expect(autocast(nil) { x.matmul(x).dtype } == .float32)
    #expect(x.matmul(x).dtype == .float32)
  }

  @Test func scalerFindsTheScale() {
    let scaler = GradientScaler(enabled: true, initialScale: 8, growthInterval: 2)
    let good = Tensor([8, 16] as [Float])
    #expect(scaler.unscale([good]))
    #expect(good.elements(Float.self) == [1, 2])
    #expect(!scaler.unscale([Tensor([Float.infinity]), Tensor([1] as [Float])]))
    scaler.update(finite: false)
    #expect(scaler.scale == 4)
    scaler.update(finite: true)
    scaler.update(finite: true)
    #expect(scaler.scale == 8)
  }

  @Test func randomStateRestores() throws {
    Libtorch.seed(7)
    let state = Libtorch.randomState()
    let first = Tensor.random([5]).elements(Float.self)
    try Libtorch.setRandomState(state)
    #expect(Tensor.random([5]).elements(Float.self) == first)
    // torch.manual_seed(7); torch.rand(5)
    #expect(abs(first[0] - 0.5349) < 1e-4)
  }
}
