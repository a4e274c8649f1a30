import Foundation

/// Whether new layers draw random weights; see `withoutInitialization`.
private enum Initialization {
  @TaskLocal static var isEnabled = true
}

/// Makes modules in `body` without drawing random weights, which are then undefined: for networks that are loaded next.
public func withoutInitialization<Result>(_ body: () throws -> Result) rethrows -> Result {
  try Initialization.$isEnabled.withValue(false, operation: body)
}

/// PyTorch's default for convolutions and linear layers: Kaiming uniform with a = √5, which is uniform within
/// 1 / √fan-in for the weight, and the same bound for the bias.
func initializeLikePyTorch(weight: Tensor, bias: Tensor?) {
  let bound = 1 / Double(weight.fanIn).squareRoot()
  weight.initializeUniform(within: bound)
  bias?.initializeUniform(within: bound)
}

extension Tensor {
  /// Elements of a weight that one output reads: the product of all sizes but the first.
  public var fanIn: Int { shape.dropFirst().reduce(1, *) }

  /// Product of the output channels and the kernel's size.
  public var fanOut: Int { shape[0] * shape.dropFirst(2).reduce(1, *) }

  /// Kaiming normal for ReLU, by fan-out: what torchvision's ResNets and MobileNetV2 use for their convolutions.
  /// - Parameter groups: A divisor of the fan-out, for originals that divide by the number of groups.
  public func initializeKaimingNormalFanOut(groups: Int = 1) {
    initializeNormal(std: (2 / Double(fanOut / groups)).squareRoot())
  }

  /// Kaiming normal for ReLU, by fan-in.
  public func initializeKaimingNormalFanIn() { initializeNormal(std: (2 / Double(fanIn)).squareRoot()) }

  /// Kaiming uniform for ReLU, by fan-in.
  public func initializeKaimingUniformFanIn() { initializeUniform(within: (6 / Double(fanIn)).squareRoot()) }

  /// Xavier (Glorot) uniform.
  public func initializeXavierUniform() { initializeUniform(within: (6 / Double(fanIn + fanOut)).squareRoot()) }

  /// Draws the elements anew from a normal distribution around 0.
  public func initializeNormal(std: Double) {
    withoutGradients { initialize { $0.normalInPlace(mean: 0, std: std) } }
  }

  /// Draws the elements anew, evenly spread between `-bound` and `bound`.
  public func initializeUniform(within bound: Double) {
    withoutGradients { initialize { $0.uniformInPlace(-bound, bound) } }
  }

  /// Makes all elements 0.
  public func initializeZero() { withoutGradients { initialize { $0.zeroInPlace() } } }

  /// Runs an initializer, unless there is no data to fill or initialization is switched off.
  func initialize(_ body: (Tensor) -> Void) {
    if Initialization.isEnabled, device.kind != .meta { body(self) }
  }
}
