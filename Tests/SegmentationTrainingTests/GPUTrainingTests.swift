import Basics
import Foundation
import SegmentationData
import SegmentationImage
import SegmentationTraining
import TestSupport
import Testing
import Torch

/// Whole runs on an NVIDIA GPU beside the same ones on the CPU.
@Suite(.serialized, .enabled(if: hasGPU, "this machine has no NVIDIA GPU")) final class GPUTrainingTests: TrainsOnScenes
{
  let scenes: SceneFolder

  init() throws { scenes = try SceneFolder() }

  /// Options of a network without dropout, whose random numbers would differ between devices, and with more than a few
  /// values for each normalization.
  private func options(_ name: String, device: String, _ change: (inout TrainingOptions) -> Void = { _ in }) throws
    -> TrainingOptions
  {
    var options = scenes.options(name) {
      $0.device = device
      $0.model.name = "linknet-resnet18"
      $0.optimizer.kind = .sgd
      $0.optimizer.learningRate = 0.01
      $0.logging.stepInterval = 1
      change(&$0)
    }
    let first = folder.appending(path: "first/last.pth")
    if !FileManager.default.fileExists(atPath: first.path) {
      var beginning = options
      beginning.output = folder.appending(path: "first").path
      (beginning.device, beginning.amp) = ("cpu", .float32)
      _ = try trainer(beginning)
    }
    options.model.initial = first.path
    return options
  }

  private func losses(_ name: String) throws -> [Double] {
    try MetricsLog(folder.appending(path: "\(name)/metrics.jsonl")).rows().filter(\.isStep).compactMap(\.loss)
  }

  @Test(arguments: [(Precision.float32, 0.02), (.bfloat16, 0.05), (.float16, 0.05)])
  func lossesFallAsOnTheCPU(precision: Precision, tolerance: Double) throws {
    try trainer(options("cpu", device: "cpu")).run()
    try trainer(options("gpu", device: "cuda") { $0.amp = precision }).run()
    let (found, expected) = (try losses("gpu"), try losses("cpu"))
    #expect(found.count == 12 && expected.count == 12)
    for (step, pair) in zip(found, expected).enumerated() {
      #expect(abs(pair.0 - pair.1) <= tolerance * pair.1, "step \(step + 1): \(pair.0), expected \(pair.1)")
    }
  }

  /// Everything but the order of some sums goes on as if the run had not been stopped.
  @Test(arguments: [OptimizerOptions.Kind.sgd, .adamw], [Precision.float32, .float16])
  func stoppingAndResumingChangesNothing(kind: OptimizerOptions.Kind, precision: Precision) throws {
    func same(_ options: inout TrainingOptions) {
      options.optimizer.kind = kind
      if kind == .adamw { options.optimizer.learningRate = 1e-4 }
      options.amp = precision
      options.averaging.enabled = true
    }
    try trainer(options("whole", device: "cuda", same)).run()
    let stopped = try trainer(options("stopped", device: "cuda", same))
    stopped.shouldStop = { $0 == .step(5) }
    #expect(try stopped.run().wasInterrupted)
    #expect(try trainer(options("stopped", device: "cuda", same), resume: true).run().steps == 12)
    for (found, expected) in zip(try losses("stopped"), try losses("whole")) {
      #expect(abs(found - expected) <= 1e-3 * expected)
    }
    let (found, expected) = (try weights("stopped"), try weights("whole"))
    #expect(found.keys == expected.keys)
    for (name, tensor) in expected.entries where tensor.dtype == .float32 {
      let difference = (found[name]! - tensor).norm().item
      #expect(difference <= 1e-2 * max(tensor.norm().item, 1e-3), "\(name)")
    }
  }

  @Test func scoresAreThoseOfTheCPU() throws {
    var rng = SplitMix64(state: 3)
    func ids(_ classes: Int) -> Tensor {
      Tensor((0..<2 * 40 * 50).map { _ in Int.random(in: 0...classes, using: &rng) }, shape: [2, 40, 50])
    }
    let (found, labels) = (ids(4), ids(5))
    let marked = `where`(labels .== 5, Tensor.full([], 255, dtype: .int64), labels)
    let confidence = Formula.input([2, 40, 50]).abs() / 2
    func results(on device: Device) throws -> [Double] {
      let metrics = try MetricSet(MetricSet.optionalNames, classes: 5, device: device)
      let predictions = Predictions(classes: found.to(device: device), confidence: confidence.to(device: device))
      metrics.update(predictions: predictions, labels: marked.to(device: device))
      return metrics.state.entries.flatMap { $0.tensor.elements(Double.self) }
    }
    let (onGPU, onCPU) = (try results(on: .cuda(0)), try results(on: .cpu))
    #expect(onGPU.count == onCPU.count && !onCPU.isEmpty)
    for (a, b) in zip(onGPU, onCPU) { #expect(abs(a - b) <= 1e-9 * max(1, abs(b))) }
  }

  @Test func aBatchThatIsFarTooLargeIsRefusedInOneLine() throws {
    let large = scenes.options("large") {
      $0.device = "cuda"
      ($0.model.name, $0.model.decoder, $0.model.encoder) = ("smp", "unetpp", "resnet50")
      $0.batchSize = 8
      $0.augmentation.cropSize = ImageSize(height: 4096, width: 4096)
    }
    let line = message { try trainer(large).run() } ?? ""
    #expect(line.hasPrefix("memory is exhausted: training smp-unetpp-resnet50 with batch_size 8 and"), "\(line)")
  }

  @Test func theLargestBatchIsFound() throws {
    var options = try options("search", device: "cuda")
    options.augmentation.cropSize = ImageSize(height: 128, width: 128)
    // Eight of the ten images are the most that are tried.
    #expect(try BatchSizeSearch.largest(options) == 8)
    // Nothing is kept from other programs.
    #expect(Libtorch.memory(of: .cuda(0)).current < 1 << 28)
  }
}
