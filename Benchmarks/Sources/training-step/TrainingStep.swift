import ArgumentParser
import Measurement
import SegmentationImage
import SegmentationModels
import SegmentationTraining
import Torch

/// Times the trainer's step on one batch of random numbers.
@main
struct TrainingStep: ParsableCommand {
  @Option var network: String
  @Flag(help: "Train auxiliary heads too.") var aux = false
  @Option var classes = 19
  @Option var batch = 4
  @Option(help: "HEIGHTxWIDTH.") var crop = ImageSize(height: 256, width: 512)
  @Option var threads = 2
  @Option(help: "Steps that are timed.") var steps = 10
  @Option(help: "Steps before.") var warmup = 3
  @Option(help: "The loss, with its default options: ohem, ce or another.") var loss = "ohem"
  @Option(help: "Mixed precision: float32 (none) or bfloat16.") var amp = Precision.float32

  struct Report: Encodable {
    let engine = "rtseg"
    let libtorch = Libtorch.version
    let network: String
    let medianSeconds: Double
    let p95Seconds: Double
    let steps: Int
    /// Before the network was made.
    let startBytes: Int
    let peakBytes: Int
    let loss: Double
  }

  func validate() throws {
    guard LossTerm.kinds.contains(where: { $0.name == loss }) else {
      throw ValidationError("--loss: expected one of \(LossTerm.kinds.map { $0.name }.joined(separator: ", "))")
    }
    guard batch > 0, steps > 0, threads > 0, warmup >= 0 else { throw ValidationError("counts must be positive") }
  }

  func run() throws {
    Libtorch.keepFreedMemory()
    Libtorch.threads = threads
    Libtorch.seed(1)
    let startBytes = ProcessUsage.memory
    let trainee = try Trainee(network: network, auxiliary: aux, classes: classes, loss: loss, precision: amp.mixed)
    // As the loader gives them: channels last.
    let images = Tensor.randomNormal([batch, crop.height, crop.width, 3]).permute([0, 3, 1, 2])
    let labels = (Tensor.random([batch, crop.height, crop.width]) * Double(classes)).floor().to(dtype: .int64)

    var last = 0.0
    for _ in 0..<warmup { last = try trainee.step(images, labels) }
    let times = try (0..<steps).map { _ in try seconds { last = try trainee.step(images, labels) } }
    try printReport(
      Report(
        network: network, medianSeconds: times.quantile(0.5), p95Seconds: times.quantile(0.95), steps: steps,
        startBytes: startBytes, peakBytes: ProcessUsage.peakMemory, loss: last))
  }
}

/// A network in training, with the trainer's defaults: SGD, momentum, weight decay.
struct Trainee {
  let model: SegmentationModel
  let objective: any Objective
  let optimizer: any Optimizer
  let scaler = GradientScaler(enabled: false)
  let precision: DType?

  init(network: String, auxiliary: Bool, classes: Int, loss: String, precision: DType?) throws {
    self.precision = precision
    model = try Architecture(name: network).makeModel(classes: classes, heads: auxiliary ? .auxiliary : [])
    model.train()
    var options = ObjectiveOptions()
    options.terms = LossTerm.kinds.filter { $0.name == loss }.map { LossTerm($0.init()) }
    objective = options.makeObjective(for: model, device: .cpu)
    let optimization = OptimizerOptions()
    optimizer = optimization.makeOptimizer([
      ParameterGroup(
        model.parameters, learningRate: optimization.learningRate, momentum: optimization.momentum,
        weightDecay: optimization.weightDecay)
    ])
  }

  /// Does with a batch what `Trainer` does, in its order. Returns the loss.
  func step(_ images: Tensor, _ labels: Tensor) throws -> Double {
    try catchingTorchErrors {
      let output = autocast(precision, device: .cpu) { model(images) }
      let loss = objective.loss(output: output, labels: labels).total
      loss.backward()
      if scaler.unscale(model.parameters.compactMap(\.grad)) { optimizer.step() }
      model.clearGradients()
      return loss.item
    }
  }
}

extension ImageSize: @retroactive ExpressibleByArgument {}
extension Precision: @retroactive ExpressibleByArgument {}
