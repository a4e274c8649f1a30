import TestSupport
import Testing
import Torch

/// The things that training and inference need of an NVIDIA GPU: memory, random numbers, scaled gradients, optimizers.
@Suite(.serialized, .enabled(if: hasGPU, "this machine has no NVIDIA GPU")) struct GPUTests {
  let gpu = Device.cuda(0)

  @Test func memoryIsCounted() throws {
    Libtorch.emptyCache(of: gpu)
    Libtorch.resetPeakMemory(of: gpu)
    let before = Libtorch.memory(of: gpu).current
    let bytes = 1 << 28
    do {
      let block = Tensor.zeros([bytes / 4], device: gpu)
      Libtorch.synchronize(gpu)
      #expect(Libtorch.memory(of: gpu).current >= before + bytes && block.count == bytes / 4)
    }
    let after = Libtorch.memory(of: gpu)
    #expect(after.current < before + bytes && after.peak >= before + bytes)
    Libtorch.resetPeakMemory(of: gpu)
    #expect(Libtorch.memory(of: gpu).peak < before + bytes)
    #expect(Libtorch.memory(of: .cuda()).peak == Libtorch.memory(of: gpu).peak)
  }

  @Test func memoryThatIsNotThereIsAnErrorInOneLine() {
    let error = #expect(throws: TorchError.self) {
      try catchingTorchErrors { Tensor.empty([1 << 40], device: gpu) }
    }
    #expect(
      error?.description
        == "out of memory on the GPU: 4096.00 GiB were asked for; take smaller images or crops, a smaller batch or fewer "
        + "threads")
    #expect(error?.isMemoryExhausted == true)
    // The device goes on working.
    #expect(Tensor.ones([3], device: gpu).sum().item == 3)
  }

  /// Memory is given back while the device may still copy from it.
  @Test func uploadsArriveWhole() {
    var copies: [Tensor] = []
    for round in 0..<8 {
      let batch = Tensor.emptyForUpload([4, 64, 64, 3], dtype: .float32)
      batch.withUnsafeMutableBytes { bytes in
        let elements = bytes.bindMemory(to: Float.self)
        for index in elements.indices { elements[index] = Float(index % 1000 + round) }
      }
      copies.append(batch.permute([0, 3, 1, 2]).uploaded(to: gpu))
    }
    for (round, copy) in copies.enumerated() {
      #expect(copy.isContiguous(.channelsLast))
      let elements: [Float] = copy.permute([0, 2, 3, 1]).elements()
      #expect(elements.indices.allSatisfy { elements[$0] == Float($0 % 1000 + round) })
    }
  }

  @Test func randomNumbersGoOnFromASavedState() throws {
    Libtorch.seed(7)
    let state = Libtorch.randomState(of: gpu)
    func draw() -> [Float] { Tensor.random([64], device: gpu).elements() }
    let first = draw()
    #expect(draw() != first)
    try Libtorch.setRandomState(state, of: gpu)
    #expect(draw() == first)
    Libtorch.seed(7)
    #expect(draw() == first)
    for bad in [Tensor.zeros([5056], dtype: .uint8), Tensor.zeros([3], dtype: .uint8), Tensor.zeros([16])] {
      #expect(throws: TorchError.self) { try Libtorch.setRandomState(bad, of: gpu) }
    }
  }

  @Test func gradientsThatOverflowAreFound() {
    let scaler = GradientScaler(enabled: true)
    let gradients = [Tensor([Float(65536), -131072]), Tensor([Float(3)])].map { $0.to(device: gpu) }
    #expect(scaler.unscale(gradients))
    #expect(gradients[0].elements() == [Float(1), -2])
    gradients[1].multiplyInPlace(.infinity)
    #expect(!scaler.unscale(gradients))
    scaler.update(finite: false)
    #expect(scaler.scale == 32768)
  }

  @Test(arguments: [DType.float16, .bfloat16]) func halfThePrecisionIsForMatricesAndConvolutions(dtype: DType) {
    let x = Tensor.ones([1, 8, 6, 6], device: gpu)
    let weight = Tensor.ones([8, 8, 3, 3], device: gpu)
    let (product, sum) = autocast(dtype, device: gpu) { (x.conv2d(weight: weight), x.softmax(dimension: 1)) }
    #expect(product.dtype == dtype && sum.dtype == .float32)
    #expect(x.conv2d(weight: weight).dtype == .float32)
    #expect(product.to(dtype: .float32).max().item == 72)
  }

  /// Weights after some steps are those on the CPU, and so is what the optimizer keeps.
  @Test(arguments: ["sgd", "adam", "adamw"]) func optimizersComputeWhatTheyDoOnTheCPU(kind: String) {
    func weights(on device: Device) -> [Float] {
      let weight = Formula.input([8, 4, 3, 3], key: "weight").to(device: device)
      weight.requiresGrad = true
      let groups = [ParameterGroup([weight], learningRate: 0.01, momentum: 0.9, weightDecay: 0.1)]
      let optimizer: any Optimizer =
        switch kind {
        case "sgd": SGD(groups)
        default: Adam(groups, decoupled: kind == "adamw")
        }
      for step in 0..<4 {
        weight.grad = Formula.input([8, 4, 3, 3], key: "gradient \(step)").to(device: device)
        optimizer.step()
      }
      return weight.elements()
    }
    for (found, expected) in zip(weights(on: gpu), weights(on: .cpu)) { #expect(abs(found - expected) <= 1e-6) }
  }
}
