import Testing
import Torch

@Suite struct TorchErrorTests {
  @Test func firstErrorIsThrownInOneLine() {
    let error = #expect(throws: TorchError.self) {
      try catchingTorchErrors { () -> Tensor in
        let wrong = Tensor.zeros([1, 3, 4, 4]).conv2d(weight: .zeros([2, 5, 1, 1]))
        return wrong.relu() + Tensor.zeros([7])
      }
    }
    #expect(error?.description.contains("expected input[1, 3, 4, 4] to have 5 channels") == true)
    #expect(error?.description.contains("\n") == false)
  }

  @Test func resultsPassThrough() throws {
    #expect(try catchingTorchErrors { Tensor.ones([2]).sum().item } == 2)
  }

  @Test func memoryThatIsNotThereIsAnError() {
    #expect(throws: TorchError.self) { try catchingTorchErrors { Tensor.empty([1 << 30, 1 << 30]) } }
  }
}
