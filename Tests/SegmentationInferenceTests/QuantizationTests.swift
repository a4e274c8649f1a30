import Foundation
import SegmentationImage
import SegmentationInference
import SegmentationModels
import TestSupport
import Testing
import Torch

/// Engines in int8 against the networks themselves in libtorch.
@Suite(.serialized) struct QuantizationTests {
  /// Depthwise, grouped, dilated and transposed convolutions, pooling, joining, gates, attention, unpooling.
  static let networks = [
    "bisenetv2", "ddrnet-23slim", "stdc-stdc1", "regseg", "erfnet", "enet", "fastscnn", "cgnet", "dabnet", "liteseg",
    "swiftnet", "litehrnet", "segnet",
  ]

  private let size = ImageSize(height: 75, width: 101)

  private func model(_ name: String) throws -> SegmentationModel {
    try Architecture(name: name).makeFormulaModel(classes: 7).eval()
  }

  /// All that can be in int8 is: scores then differ by rounding to 8 bits.
  @Test(arguments: networks) func scoresAreClose(_ name: String) throws {
    let model = try model(name)
    let image = Formula.input([1, 3, size.height, size.width])
    let expected = withoutGradients { model.logits(image) }
    let engine = try InferenceEngine(
      model, size: size, options: InferenceOptions(threads: 2, precision: .int8, output: .logits),
      calibration: Calibration(tensors: [image], agreement: 0))
    let report = try #require(engine.quantization)
    #expect(report.int8Convolutions * 2 > report.convolutions)
    let difference = try engine(image) - expected
    let centered = expected - expected.mean([1, 2, 3], keep: true)
    let error = difference.pow(2).mean().item / centered.pow(2).mean().item
    #expect(error < 0.1, "\(report)")
  }

  /// Either the agreement holds, or nothing is left in int8; and it is the engine's own.
  @Test(arguments: networks) func `the demanded agreement is kept`(_ name: String) throws {
    let model = try model(name)
    let image = Formula.input([1, 3, size.height, size.width])
    let expected = withoutGradients { model.logits(image).argmax(dimension: 1) }
    let engine = try InferenceEngine(
      model, size: size, options: InferenceOptions(threads: 2, precision: .int8),
      calibration: Calibration(tensors: [image], agreement: 0.97))
    let report = try #require(engine.quantization)
    #expect(report.agreement >= 0.97 || report.int8Convolutions == 0)
    let found = try engine(image).to(dtype: .int64)
    let same = (found .== expected).to(dtype: .float32).mean().item
    // But for near ties, which the network in libtorch and the simplified graph may decide otherwise.
    #expect(abs(same - report.agreement) < 5e-3)
  }

  @Test func `images calibrate as their tensors would`() throws {
    let model = try model("fastscnn")
    let pixels: [UInt8] = (0..<80 * 120 * 3).map { (index: Int) -> UInt8 in UInt8(index * index / 97 % 256) }
    let scene = Image(height: 80, width: 120, pixels: pixels)
    let engine = try InferenceEngine(
      model, size: ImageSize(height: 64, width: 96), options: InferenceOptions(threads: 1, precision: .int8),
      calibration: Calibration(images: [scene], agreement: 0))
    let image = scene.resized(to: ImageSize(height: 64, width: 96))
    let floats = try InferenceEngine(
      model, size: ImageSize(height: 64, width: 96), options: InferenceOptions(threads: 1))
    let (found, expected) = try (engine.classes(of: image), floats.classes(of: image))
    let same = zip(found.values, expected.values).count { $0 == $1 }
    // The same pixels that it was calibrated on, by the other way in.
    let report = try #require(engine.quantization)
    #expect(abs(Double(same) / Double(expected.values.count) - report.agreement) < 0.02)
  }

  @Test func `unusable calibrations are refused`() throws {
    let model = try model("fastscnn")
    let options = InferenceOptions(threads: 1, precision: .int8)
    func error(_ calibration: Calibration?) -> String {
      do {
        _ = try InferenceEngine(
          model, size: ImageSize(height: 64, width: 64), options: options, calibration: calibration)
        return "none"
      } catch {
        return "\(error)"
      }
    }
    #expect(error(nil) == "int8: it needs images to calibrate on")
    #expect(error(Calibration(images: [])) == "int8: no images to calibrate on")
    #expect(
      error(Calibration(images: [Image(height: 8, width: 8)], agreement: 99))
        == "int8: the agreement is a share from 0 to 1, found 99.0")
    #expect(
      error(Calibration(tensors: [Tensor.zeros([1, 3, 32, 64])]))
        == "the engine was made for images of 1x3x64x64, found [1, 3, 32, 64]")
    #expect(
      message { _ = try Calibration(folder: URL(filePath: "/nowhere")) }
        == "cannot list /nowhere: No such file or directory")
    try withTemporaryFolder { folder in
      _ = #expect(
        throws: EngineError.calibration("\(folder.path): no image (PNG, JPEG, TIFF, WebP or BMP) to calibrate on")
      ) {
        try Calibration(folder: folder)
      }
    }
  }

  @Test func rangesBalanceRoundingAndClipping() {
    let sample = (0..<10_000).map { Float($0 % 100) / 100 }
    #expect(clippingRange(of: sample) == 0...0.99)
    // An exponential distribution up to 12.2: between rounding and clipping the best is near 11.1.
    let tail = clippingRange(of: (0..<100_000).map { -log((Float($0) + 0.5) / 100_000) })
    #expect(tail.lowerBound == 0 && (10.5...11.8).contains(tail.upperBound))
    let signed = clippingRange(of: sample.map { $0 * 2 - 0.5 })
    #expect(signed == -0.5...1.48)
    #expect(clippingRange(of: [0, 0]) == 0...0)
  }
}
