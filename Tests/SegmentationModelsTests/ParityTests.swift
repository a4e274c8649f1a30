import Foundation
import SegmentationModels
import TestSupport
import Testing
import Torch

/// Every network against what its PyTorch original computed with the same weights, images and labels.
///
/// Numbers are compared in float64. In float32 another instruction set adds in another order, and some networks make much
/// of that: positions of maxima move, normalization of few values turns signs. In float64 the same happens a billion
/// times further down, so that the tolerances hold on every processor and still show any change of a network.
/// The scores that a network computes in float32 are then compared with its own float64 scores.
@Suite(.serialized) struct ParityTests {
  /// Suites run side by side, so that more threads each would only wait for each other.
  init() { Libtorch.threads = 1 }

  /// A fixture that is listed and missing fails below by its name.
  @Test func theFolderHoldsTheFixturesThatAreListed() throws {
    #expect(try ModelFixture.names().sorted() == RequiredFixtures.names.sorted())
  }

  @Test func everyListedFixtureBelongsToANetwork() {
    #expect(CatalogueCase.required.map(\.name).sorted() == RequiredFixtures.names.sorted())
  }

  @Test func everyRealTimeNetworkIsListedWithAllItsHeads() {
    let networks = CatalogueCase.all.filter { $0.architecture.family != "smp" }
    #expect(networks.map(\.name).sorted() == RequiredFixtures.realTime.sorted())
  }

  @Test(arguments: DecoderKind.allCases) func everyDecoderIsListedWithGradients(_ decoder: DecoderKind) {
    #expect(RequiredFixtures.encoderDecoder.contains("smp-\(decoder.rawValue)-resnet18"))
  }

  @Test(arguments: CatalogueCase.required) func structure(_ test: CatalogueCase) throws {
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

  @Test(arguments: CatalogueCase.required) func numbers(_ test: CatalogueCase) throws { try compare(test, on: .cpu) }

  @Test(.enabled(if: hasGPU, "this machine has no NVIDIA GPU"), arguments: CatalogueCase.required)
  func numbersOnAGPU(_ test: CatalogueCase) throws { try compare(test, on: .cuda(0)) }

  private func compare(_ test: CatalogueCase, on device: Device) throws {
    let fixture = try ModelFixture(test.name)
    let model = try test.makeModel(fixture).eval().to(device)
    let hasGradients = fixture.frozen != nil && fixture.train != nil
    #expect(hasGradients || !test.needsGradients, "the fixture has no gradients")
    let image = Formula.input([1, 3, 128, 256]).to(device: device)
    let scores = withoutGradients { model(image).logits }
    let wide = withoutGradients { model.widen()(image.to(dtype: .float64)).logits }
    #expect(scores.shape == [1, 19, 128, 256])
    let evaluation = compare(wide, fixture, "eval/sample", fixture.eval, step: 16)
    let float32 = compareInFloat32(scores, wide, fixture, keepsPositions: test.keepsPositions)
    let frozen = checkGradients(
      model, fixture, test.comparesFrozenGradients ? fixture.frozen : nil, mode: "frozen",
      tolerance: test.toleranceInGradients)
    model.visit { _, module in
      (module as? Dropout)?.probability = 0
      (module as? StochasticDepth)?.rate = 0
    }
    let training = checkGradients(
      model.train(), fixture, fixture.train, mode: "train", tolerance: test.toleranceInTraining)
    try report(fixture, evaluation, float32, frozen, training)
  }

  /// The tolerance tells rounding from mistakes, also from small ones.
  @Test func mistakesShow() throws {
    let test = CatalogueCase.required.first { $0.name == "fastscnn" }!
    let fixture = try ModelFixture(test.name)
    let model = try test.makeModel(fixture).eval().widen()
    let images = Formula.input([2, 3, 128, 256]).to(dtype: .float64)
    let labels = Formula.labels([2, 128, 256])
    func difference() -> Double {
      let loss = withoutGradients { losses(model(images, heads: true), labels: labels, model: model)["main"]!.item }
      return abs(loss / fixture.frozen!.loss - 1)
    }
    #expect(difference() <= Self.tolerance)

    var convolutions: [Conv2d] = []
    var norms: [BatchNorm2d] = []
    model.visit { _, module in
      if let norm = module as? BatchNorm2d { norms.append(norm) }
      if let convolution = module as? Conv2d { convolutions.append(convolution) }
    }

    // An epsilon of 1e-6 in place of 1e-5 in the normalizations.
    withoutGradients { for norm in norms { norm.runningVar.addInPlace(-9e-6) } }
    #expect(difference() > 10 * Self.tolerance)
    withoutGradients { for norm in norms { norm.runningVar.addInPlace(9e-6) } }
    #expect(difference() <= Self.tolerance)

    // One layer in the place of another.
    let first = convolutions[convolutions.count / 2]
    let second = convolutions.first { $0 !== first && $0.weight.shape == first.weight.shape }!
    first.weight.exchange(with: second.weight)
    #expect(difference() > 10 * Self.tolerance)
  }

  // MARK: - Outputs

  /// Compares an output of float64 with the sample and the statistics of the original's float32 output, which differs
  /// from the original's float64 output by its noise at most. Returns the sample's difference as a multiple of that noise.
  private func compare(
    _ output: Tensor, _ fixture: ModelFixture, _ key: String, _ expected: ModelFixture.Output, step: Int
  ) -> Double {
    // The noise itself was rounded when it was taken.
    let noise = expected.noise * expected.absmax * 1.01
    let largest = difference(output, fixture.tensors[key]!, step: step)
    #expect(largest <= noise, "\(key)")
    let norm = output.norm().item
    #expect(abs(norm - expected.l2) <= noise * Double(output.count).squareRoot(), "\(key) norm")
    #expect(abs(output.mean().item - expected.mean) <= noise, "\(key) mean")
    #expect(abs(output.abs().max().item - expected.absmax) <= noise, "\(key) largest")
    return largest / noise
  }

  /// The largest absolute difference between a sample and every `step`th row and column.
  private func difference(_ output: Tensor, _ sample: Tensor, step: Int) -> Double {
    let size = output.spatialSize
    let sampled = output.detached().slice(0..<size.height, dimension: 2, step: step)
      .slice(0..<size.width, dimension: 3, step: step)
    guard sampled.shape == sample.shape else { return .infinity }
    return (sampled.to(device: .cpu) - sample).abs().max().item
  }

  private struct Float32Report {
    /// Differences relative to the largest absolute score.
    var largest, typical: Double
    /// The share of scores that differ by more than the tolerance.
    var moved: Double
  }

  /// Compares the scores in float32 with those in float64. On GPUs convolutions round their inputs to 10 bits (TF32), as
  /// PyTorch lets them.
  ///
  /// Over all networks and instruction sets the largest difference is 5e-6 of the largest score, but for networks that
  /// keep positions of maxima: there it is judged how many scores a moved position reaches.
  private func compareInFloat32(
    _ scores: Tensor, _ wide: Tensor, _ fixture: ModelFixture, keepsPositions: Bool
  ) -> Float32Report {
    let differences = (scores.to(dtype: .float64) - wide).abs() / fixture.eval.absmax
    let report = Float32Report(
      largest: differences.max().item, typical: differences.pow(2).mean().item.squareRoot(),
      moved: (differences .> (scores.device.kind == .cpu ? 2e-5 : 2e-2)).to(dtype: .float64).mean().item)
    #expect(report.moved <= (keepsPositions ? 0.02 : 0), "float32 differs by \(report.largest)")
    return report
  }

  // MARK: - Gradients

  private struct GradientReport {
    var loss = Double.nan
    var totalNorm = Double.nan
    var worstNorm = Double.nan
    var worstStatistic = Double.nan
    var worstOutput = Double.nan
  }

  /// Compares losses, outputs, running statistics and the norms of all gradients, in float64.
  private func checkGradients(
    _ model: SegmentationModel, _ fixture: ModelFixture, _ expected: ModelFixture.Gradients?, mode: String,
    tolerance: Double
  ) -> GradientReport {
    guard let expected else { return GradientReport() }
    model.clearGradients()
    let device = model.parameters[0].device
    let output = model(Formula.input([2, 3, 128, 256]).to(dtype: .float64, device: device), heads: true)
    let losses = losses(output, labels: Formula.labels([2, 128, 256]).to(device: device), model: model)
    let loss = losses.values.dropFirst().reduce(losses.values.first!) { $0 + $1 }
    loss.backward()
    let norms = model.parameters.map { $0.grad?.norm().item ?? 0 }
    let totalNorm = norms.reduce(0) { $0 + $1 * $1 }.squareRoot()

    #expect(abs(loss.item - expected.loss) <= tolerance * abs(expected.loss), "\(mode) loss")
    #expect(losses.keys.sorted() == expected.losses.keys.sorted())
    for (name, value) in expected.losses {
      #expect(abs((losses[name]?.item ?? .nan) - value) <= tolerance * abs(value), "\(mode) \(name) loss")
    }
    var report = GradientReport(loss: abs(loss.item - expected.loss) / abs(expected.loss))
    if mode == "train" {
      report.worstOutput = checkOutputs(output, fixture, expected)
      report.worstStatistic = checkStatistics(model, fixture, expected, tolerance: tolerance)
    }
    report.totalNorm = abs(totalNorm - expected.gradNorm) / expected.gradNorm
    #expect(report.totalNorm <= tolerance, "\(mode) gradient")
    report.worstNorm = checkNorms(norms, fixture, mode: mode, total: expected.gradNorm, tolerance: tolerance)
    return report
  }

  /// The tolerance within which a network without a mistake must be, and which one with a mistake must exceed.
  private static let tolerance = 1e-10

  /// Compares the norm of each parameter's gradient; returns the largest difference, relative to the total norm.
  private func checkNorms(_ norms: [Double], _ fixture: ModelFixture, mode: String, total: Double, tolerance: Double)
    -> Double
  {
    let expected: [Double] = fixture.tensors["\(mode)/grad_norm"]!.elements()
    #expect(norms.count == expected.count)
    let keys = fixture.entries.filter(\.isParameter).map(\.key)
    var worst = 0.0
    for (index, key) in keys.enumerated() {
      let difference = abs(norms[index] - expected[index]) / total
      #expect(difference <= tolerance, "\(mode) gradient of \(key)")
      worst = max(worst, difference)
    }
    return worst
  }

  private func checkOutputs(
    _ output: SegmentationOutput, _ fixture: ModelFixture, _ expected: ModelFixture.Gradients
  ) -> Double {
    let outputs = [output.logits] + output.auxiliary + (output.detail.map { [$0] } ?? [])
    #expect(outputs.map(\.shape) == expected.outputs!.map(\.shape))
    return zip(outputs, expected.outputs!).enumerated().map { index, pair in
      compare(pair.0.detached(), fixture, "train/out\(index)", pair.1, step: pair.0.size(2) == 128 ? 32 : 8)
    }.max()!
  }

  private func checkStatistics(
    _ model: SegmentationModel, _ fixture: ModelFixture, _ expected: ModelFixture.Gradients, tolerance: Double
  ) -> Double {
    let state = StateDictionary(model.namedState)
    var worst = 0.0
    for (fill, key) in [(Formula.Fill.runningMean, "train/bn_mean_norm"), (.runningVar, "train/bn_var_norm")] {
      let entries = fixture.entries.filter { $0.fill == fill }
      let norms: [Double] = fixture.tensors[key]!.elements()
      #expect(norms.count == entries.count)
      for (entry, norm) in zip(entries, norms) {
        let difference = abs(state[entry.key]!.norm().item - norm) / norm
        #expect(difference <= tolerance, "\(entry.key)")
        worst = max(worst, difference)
      }
    }
    for entry in fixture.entries where entry.fill == .zero {
      let module = entry.key.split(separator: ".").dropLast().joined(separator: ".")
      #expect(state[entry.key]!.itemInt == expected.batchesTracked![module] ?? 1, "\(entry.key)")
    }
    return worst
  }

  // MARK: - Structure

  private func preluKeys(of model: SegmentationModel) -> [String] {
    var keys: [String] = []
    model.visit { name, module in
      if module is PReLU { keys.append("\(name).weight") }
    }
    return keys
  }

  /// The number of multiply-accumulates that the originals compute for nothing at 512x1024.
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
    case .dpt(let encoder):
      // A token that was repeated for each of 32x64 patches is multiplied.
      let channels = [.tiny: 192, .small: 384, .base: 768][encoder]!
      return 4 * channels * channels * (32 * 64 - 1)
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

  /// Appends a line to the file that `RTSEG_PARITY_TABLE` names: name and parameters; the difference of the scores as a
  /// multiple of the original's noise; the largest and the typical difference of float32 and the share beyond the
  /// tolerance; relative differences of loss, total and worst gradient norm, frozen and in training; and of the running
  /// statistics and the outputs in training.
  private func report(
    _ fixture: ModelFixture, _ evaluation: Double, _ float32: Float32Report, _ frozen: GradientReport,
    _ training: GradientReport
  ) throws {
    guard let path = ProcessInfo.processInfo.environment["RTSEG_PARITY_TABLE"] else { return }
    let numbers = [
      evaluation, float32.largest, float32.typical, float32.moved, frozen.loss, frozen.totalNorm, frozen.worstNorm,
      training.loss, training.totalNorm, training.worstNorm, training.worstStatistic, training.worstOutput,
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

extension SegmentationModel {
  /// Turns parameters and buffers into float64.
  fileprivate func widen() -> Self {
    for (_, tensor) in namedState where tensor.dtype == .float32 {
      let wide = tensor.detached().to(dtype: .float64)
      wide.requiresGrad = tensor.requiresGrad
      tensor.exchange(with: wide)
    }
    return self
  }
}
