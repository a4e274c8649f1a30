import SegmentationImage
import SegmentationInference
import SegmentationModels
import Testing
import Torch

@Suite struct PredictorTests {
  let image: Image
  let model: SegmentationModel

  init() throws {
    Libtorch.threads = 1
    let pixels = (0..<(21 * 30 * 3)).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 7) }
    image = Image(height: 21, width: 30, pixels: pixels)
    model = try Architecture(name: "fssnet").makeModel(classes: 5).eval()
  }

  /// The same by hand: normalized, padded with zeros to multiples of 8, run, cropped.
  @Test(arguments: Engine.allCases) func paddedAndCropped(engine: Engine) throws {
    let interleaved = Tensor(image.pixels, shape: [1, 21, 30, 3]).to(dtype: .float32)
    let mean = Tensor([0.485, 0.456, 0.406] as [Float])
    let std = Tensor([0.229, 0.224, 0.225] as [Float])
    let input = ((interleaved / 255 - mean) / std).permute([0, 3, 1, 2])
    let expected = withoutGradients {
      model(input.pad(right: 2, bottom: 3)).logits.slice(0..<21, dimension: 2).slice(0..<30, dimension: 3)
    }
    let prediction = try Predictor(model: model, engine: engine).predict(image)
    #expect((prediction.logits - expected).abs().max().item < 1e-4 * expected.abs().max().item)
    let (classes, confidence) = try (prediction.classes, prediction.confidence)
    #expect(classes.size == image.size)
    #expect(classes.values == prediction.logits.argmax(dimension: 1).elements(UInt8.self))
    let best = prediction.logits.softmax(dimension: 1).max([1]).elements(Float.self)
    for (value, probability) in zip(confidence.values, best) { #expect(abs(Float(value) - 255 * probability) <= 0.51) }
    // Ties may fall otherwise.
    for other in Engine.allCases {
      let others = try Predictor(model: model, engine: other).classes(of: image)
      #expect(others.size == image.size && zip(others.values, classes.values).count { $0 != $1 } <= 2)
    }
  }

  /// Probabilities come from the engine that gives the classes.
  @Test(arguments: Engine.allCases) func scoresComeFromTheEngine(engine: Engine) throws {
    let predictor = try Predictor(model: model, engine: engine)
    _ = try predictor.predict(image)
    #expect(predictor.lastEngine == engine)
    if engine == .eager { return }
    // int8 rounds.
    let calibrated = try Predictor(
      model: model, precision: .int8, calibration: Calibration(images: [image], agreement: 0))
    let difference = (try calibrated.predict(image).logits - (try predictor.predict(image).logits)).abs().max().item
    #expect(calibrated.lastEngine == .kernels && difference > 0)
  }

  @Test func whatTheNetworkRefusesIsThrown() throws {
    let model = try Architecture(name: "smp-unet-mobilenet_v2").makeModel(classes: 2, inputChannels: 4)
    #expect(
      throws: EngineError.program(
        "smp-unet-mobilenet_v2 takes images of 4 channels, and the normalization has 3")
    ) { try Predictor(model: model) }
  }
}
