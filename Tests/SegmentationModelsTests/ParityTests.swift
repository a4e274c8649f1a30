import Foundation
import SegmentationModels
import TestSupport
import Testing
import Torch

/// Every network against what its PyTorch original computed with the same weights, images and labels.
///
/// Tolerances follow the noise of the originals: what their float32 runs differ by from float64 runs.
@Suite(.serialized) struct ParityTests {
  /// Suites run side by side, so that more threads each would only wait for each other.
  init() { Libtorch.threads = 1 }

  @Test func everyFixtureHasItsNetwork() throws {
    #expect(try ModelFixture.names().sorted() == CatalogueCase.withFixture.map(\.name).sorted())
  }

  @Test(arguments: CatalogueCase.withFixture) func structure(_ test: CatalogueCase) throws {
    let fixture = try ModelFixture(test.name)
    let model = try withDefaultDevice(.meta) { try test.architecture.makeModel(heads: test.heads) }
    let state = model.namedState
    #expect(state.map(\.name) == fixture.entries.map(\.key))
    #expect(state.map(\.tensor.shape) == fixture.entries.map(\.shape))
    #expect(state.map { $0.tensor.dtype == .int64 } == fixture.entries.map { $0.fill == .zero })
    #expect(model.namedParameters.map(\.name) == fixture.entries.filter(\.isParameter).map(\.key))
    #expect(preluKeys(of: model) == fixture.entries.filter { $0.fill == .prelu }.map(\.key))

    // The originals leave detail heads out when they are counted.
    let counted = test.heads.subtracting(.detail)
    let profile = try ModelProfile(test.architecture, heads: counted)
    let saved = try savedMultiplyAccumulates(test.architecture, profile)
    #expect(profile.multiplyAccumulates == fixture.multiplyAccumulates.values.reduce(0, +) - saved)
    #expect(model.parameterCount == fixture.parameterCount)
    if counted == test.heads { #expect(profile.parameters == fixture.parameterCount) }
    #expect(profile.trainableParameters == profile.parameters)
  }

  @Test(arguments: CatalogueCase.withFixture) func numbers(_ test: CatalogueCase) throws {
    let fixture = try ModelFixture(test.name)
    let model = try test.makeModel(fixture)
    let evaluation = checkEvaluation(model, fixture)
    let frozen = checkGradients(model.eval(), fixture, fixture.frozen, mode: "frozen")
    model.visit { _, module in (module as? Dropout)?.probability = 0 }
    let training = checkGradients(
      model.train(), fixture, test.isIllConditionedInTraining ? nil : fixture.train, mode: "train")
    try report(fixture, evaluation, frozen, training)
  }

  // MARK: - Evaluation

  /// Compares scores; returns their relative difference.
  private func checkEvaluation(_ model: SegmentationModel, _ fixture: ModelFixture) -> Double {
    let scores = withoutGradients { model.eval()(Formula.input([1, 3, 128, 256])).logits }
    #expect(scores.shape == [1, 19, 128, 256])
    return compare(scores, fixture, "eval/sample", fixture.eval, step: 16)
  }

  /// Compares an output's sample and its statistics; returns the sample's relative difference.
  private func compare(
    _ output: Tensor, _ fixture: ModelFixture, _ key: String, _ expected: ModelFixture.Output, step: Int
  ) -> Double {
    let tolerance = max(20 * expected.noise, 2e-5)
    var largest = difference(output, fixture.tensors[key]!, step: step) / expected.absmax
    if let full = fixture.fullTensors?[key] {
      largest = max(largest, difference(output, full, step: 8) / expected.absmax)
    }
    #expect(largest <= tolerance, "\(key)")
    let wide = output.detached().to(dtype: .float64)
    let norm = wide.norm().item
    #expect(abs(norm - expected.l2) <= tolerance * expected.l2, "\(key) norm")
    #expect(abs(wide.mean().item - expected.mean) <= tolerance * expected.absmax, "\(key) mean")
    #expect(abs(wide.abs().max().item - expected.absmax) <= tolerance * expected.absmax, "\(key) largest")
    return largest
  }

  /// The largest absolute difference between a sample and every `step`th row and column.
  private func difference(_ output: Tensor, _ sample: Tensor, step: Int) -> Double {
    let size = output.spatialSize
    let sampled = output.detached().slice(0..<size.height, dimension: 2, step: step)
      .slice(0..<size.width, dimension: 3, step: step)
    guard sampled.shape == sample.shape else { return .infinity }
    return (sampled - sample).abs().max().item
  }

  // MARK: - Gradients

  private struct GradientReport {
    var loss = Double.nan
    var totalNorm = Double.nan
    var worstNorm = Double.nan
  }

  /// Compares losses, outputs, running statistics and the norms of all gradients.
  private func checkGradients(
    _ model: SegmentationModel, _ fixture: ModelFixture, _ expected: ModelFixture.Gradients?, mode: String
  ) -> GradientReport {
    guard let expected else { return GradientReport() }
    let isTraining = mode == "train"
    model.clearGradients()
    let output = model(Formula.input([2, 3, 128, 256]), heads: true)
    let losses = losses(output, labels: Formula.labels([2, 128, 256]), model: model)
    let loss = losses.values.dropFirst().reduce(losses.values.first!) { $0 + $1 }
    loss.backward()
    let norms = model.parameters.map { $0.grad?.to(dtype: .float64).norm().item ?? 0 }
    let totalNorm = norms.reduce(0) { $0 + $1 * $1 }.squareRoot()

    let lossTolerance = 20 * expected.lossNoise + 1e-5 * abs(expected.loss)
    #expect(abs(loss.item - expected.loss) <= lossTolerance, "\(mode) loss")
    #expect(losses.keys.sorted() == expected.losses.keys.sorted())
    for (name, value) in expected.losses {
      #expect(abs((losses[name]?.item ?? .nan) - value) <= lossTolerance, "\(mode) \(name) loss")
    }
    if isTraining {
      checkOutputs(output, fixture, expected)
      checkStatistics(model, fixture, expected)
    }

    var report = GradientReport(loss: abs(loss.item - expected.loss) / abs(expected.loss))
    report.totalNorm = abs(totalNorm - expected.gradNorm) / expected.gradNorm
    #expect(report.totalNorm <= max(1e-3, 20 * expected.gradNoise), "\(mode) gradient")
    report.worstNorm = checkNorms(norms, fixture, mode: mode, total: expected.gradNorm)
    return report
  }

  /// Compares the norm of each parameter's gradient; returns the largest difference, relative to the total norm.
  private func checkNorms(_ norms: [Double], _ fixture: ModelFixture, mode: String, total: Double) -> Double {
    let expected: [Double] = fixture.tensors["\(mode)/grad_norm"]!.elements()
    let noise: [Double] = fixture.tensors["\(mode)/grad_noise"]!.elements()
    #expect(norms.count == expected.count)
    let keys = fixture.entries.filter(\.isParameter).map(\.key)
    // Gradients in training mode are worse conditioned.
    let (relative, absolute) = mode == "train" ? (1e-2, 1e-3) : (1e-3, 1e-6)
    var worst = 0.0
    for (index, key) in keys.enumerated() {
      let difference = abs(norms[index] - expected[index])
      let tolerance = 20 * noise[index] + relative * expected[index] + absolute * total
      #expect(difference <= tolerance, "\(mode) gradient of \(key)")
      worst = max(worst, difference / total)
    }
    return worst
  }

  private func checkOutputs(
    _ output: SegmentationOutput, _ fixture: ModelFixture, _ expected: ModelFixture.Gradients
  ) {
    let outputs = [output.logits] + output.auxiliary + (output.detail.map { [$0] } ?? [])
    #expect(outputs.map(\.shape) == expected.outputs!.map(\.shape))
    for (index, (output, expected)) in zip(outputs, expected.outputs!).enumerated() {
      _ = compare(output, fixture, "train/out\(index)", expected, step: index == 0 ? 32 : 8)
    }
  }

  private func checkStatistics(
    _ model: SegmentationModel, _ fixture: ModelFixture, _ expected: ModelFixture.Gradients
  ) {
    let state = StateDictionary(model.namedState)
    for (fill, key) in [(Formula.Fill.runningMean, "train/bn_mean_norm"), (.runningVar, "train/bn_var_norm")] {
      let entries = fixture.entries.filter { $0.fill == fill }
      let norms: [Double] = fixture.tensors[key]!.elements()
      for (entry, norm) in zip(entries, norms) {
        let found = state[entry.key]!.to(dtype: .float64).norm().item
        #expect(abs(found - norm) <= max(20 * expected.bnNoise!, 1e-5) * norm, "\(entry.key)")
      }
    }
    for entry in fixture.entries where entry.fill == .zero {
      let module = entry.key.split(separator: ".").dropLast().joined(separator: ".")
      #expect(state[entry.key]!.itemInt == expected.batchesTracked![module] ?? 1, "\(entry.key)")
    }
  }

  // MARK: - Structure

  private func preluKeys(of model: SegmentationModel) -> [String] {
    var keys: [String] = []
    model.visit { name, module in
      if module is PReLU { keys.append("\(name).weight") }
    }
    return keys
  }

  /// What the originals compute for nothing at 512x1024.
  private func savedMultiplyAccumulates(_ architecture: Architecture, _ profile: ModelProfile) throws -> Int {
    // A mean that was repeated for each pixel is convolved.
    func attention(_ channels: Int, _ convolutions: Int, height: Int, width: Int) -> Int {
      convolutions * channels * channels * (height * width - 1)
    }
    switch architecture {
    case .stdc:
      return attention(512, 1, height: 32, width: 64) + attention(1024, 1, height: 16, width: 32)
        + attention(128, 2, height: 64, width: 128)
    case .bisenetv1(let backbone):
      let channels = ResNet(backbone).channels
      return attention(channels[2], 1, height: 32, width: 64) + attention(channels[3], 1, height: 16, width: 32)
        + attention(256, 2, height: 64, width: 128)
    case .fanet:
      // Two products with a matrix of pixels by pixels instead of channels by channels.
      return [64 * 128, 32 * 64, 16 * 32, 8 * 16].reduce(0) { $0 + 2 * 32 * $1 * ($1 - 32) }
    case .icnet:
      // The last stages at half the size, which nothing reads: four times the pixels of a quarter of the size.
      return profile.layers.filter { ["layer3", "layer4"].contains($0.name.split(separator: ".").dropFirst().first) }
        .reduce(0) { $0 + 4 * $1.multiplyAccumulates }
    case .smp(.pspnet, .mobileNetV2, _), .smp(.pspnet, .efficientNet, _):
      // One stage more than what is read.
      guard case .smp(let decoder, let encoder, let depth) = architecture else { return 0 }
      func encoderCost(_ profile: ModelProfile) -> Int {
        profile.layers.filter { $0.name.hasPrefix("encoder.") }.reduce(0) { $0 + $1.multiplyAccumulates }
      }
      return try encoderCost(ModelProfile(.smp(decoder, encoder, depth: depth + 1))) - encoderCost(profile)
    default: return 0
    }
  }

  // MARK: - Table

  /// Appends a line to the file that `RTSEG_PARITY_TABLE` names: name, parameters, relative differences of the scores,
  /// of the frozen loss, total and worst gradient norm, and of the training loss and total gradient norm.
  private func report(
    _ fixture: ModelFixture, _ evaluation: Double, _ frozen: GradientReport, _ training: GradientReport
  ) throws {
    guard let path = ProcessInfo.processInfo.environment["RTSEG_PARITY_TABLE"] else { return }
    let numbers = [
      evaluation, frozen.loss, frozen.totalNorm, frozen.worstNorm, training.loss, training.totalNorm,
      training.worstNorm,
    ]
    let fields =
      [fixture.name, "\(fixture.parameterCount)"] + numbers.map { String(format: "%.1e", $0) }
    if !FileManager.default.fileExists(atPath: path) { try Data().write(to: URL(fileURLWithPath: path)) }
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    defer { try? file.close() }
    try file.seekToEnd()
    try file.write(contentsOf: Data((fields.joined(separator: "\t") + "\n").utf8))
  }
}
