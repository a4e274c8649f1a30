import TestSupport
import Testing
import Torch

@Suite struct DeviceRecordingTests {
  @Test func nothingIsRecordedOnTheCPU() throws {
    var calls = 0
    let recording = try DeviceRecording(on: .cpu) { calls += 1 }
    #expect(recording == nil)
    #expect(calls == 0)
  }

  @Test(.enabled(if: hasGPU)) func whatTheWorkThrowsIsThrown() throws {
    let input = Tensor.ones([2, 3], device: .cuda(0))
    var calls = 0
    for last in [1, 4] {
      calls = 0
      let error = #expect(throws: TorchError.self) {
        _ = try DeviceRecording(on: .cuda(0)) {
          calls += 1
          _ = input + (calls == last ? Tensor.ones([5], device: .cuda(0)) : input)
        }
      }
      #expect(error?.description.contains("must match the size") == true)
      #expect(calls == last)
    }
    // Afterwards the device goes on.
    #expect(input.sum().item == 6)
  }

  @Test(.enabled(if: hasGPU)) func worksAgainOnNewInputs() throws {
    let input = Tensor.ones([2, 3], device: .cuda(0))
    var output: Tensor?
    let recording = try #require(try DeviceRecording(on: .cuda(0)) { output = input * 2 + 1 })
    for value in [3.0, -1] {
      input.copyInPlace(Tensor.full([2, 3], value))
      recording.replay()
      #expect(output!.to(device: .cpu).elements(Float.self) == [Float](repeating: Float(value * 2 + 1), count: 6))
    }
  }
}
