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
    let error = #expect(throws: TorchError.self) { try catchingTorchErrors { Tensor.empty([1 << 25, 1 << 25]) } }
    #expect(
      error?.description
        == "out of memory: 4503599.6 GB were asked for; take smaller images or crops, a smaller batch or fewer threads")
  }

  /// libtorch's words as version 2.13 has them.
  @Test(arguments: [
    (
      "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate "
        + "5000000000 bytes. Error code 12 (Cannot allocate memory)", "out of memory: 5.0 GB were asked for"
    ), ("std::bad_alloc", "out of memory; take smaller images"),
    (
      "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.10 GiB",
      "out of memory on the GPU: 20.00 MiB were asked for; take"
    ),
    ("CUDA error: out of memory\nCUDA kernel errors might be", "out of memory on the GPU; take smaller images"),
    (
      "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
      "out of memory on the GPU; take smaller images"
    ),
    ("cuDNN error: CUDNN_STATUS_ALLOC_FAILED", "out of memory on the GPU; take smaller images"),
    (
      "self.dim() == 4 INTERNAL ASSERT FAILED at \"/pytorch/aten/src/ATen/x.cpp\":12, please report a bug to PyTorch. "
        + "Expected 4", "self.dim() == 4 failed. Expected 4"
    ),
    ("Expected a\u{1B}[31m tensor (check_it at /pytorch/aten/x.cpp:12)\nframe #0", "Expected a\\u{1B}[31m tensor"),
  ]) func libtorchsWordsAreForPeople(words: String, expected: String) {
    let text = TorchError(words: words).description
    #expect(text.hasPrefix(expected), "\(text)")
    #expect(!text.contains(".cpp") && !text.contains("frame"))
  }

  @Test(arguments: [
    ("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.10 GiB", true),
    ("CUDA error: out of memory", true), ("cuDNN error: CUDNN_STATUS_ALLOC_FAILED", true), ("std::bad_alloc", true),
    ("CUDA error: an illegal memory access was encountered", false), ("CUDA error: misaligned address", false),
    ("The size of tensor a (3) must match the size of tensor b (4)", false),
  ]) func wantOfMemoryIsToldFromOtherErrors(words: String, expected: Bool) {
    #expect(TorchError(words: words).isMemoryExhausted == expected)
  }

  /// The first error is the cause of those that follow from it.
  @Test func theFirstErrorCountsIfTheBodyThrowsToo() {
    struct Consequence: Error {}
    #expect(throws: TorchError.self) {
      try catchingTorchErrors { () -> Void in
        _ = Tensor.empty([1 << 25, 1 << 25])
        throw Consequence()
      }
    }
  }
}
