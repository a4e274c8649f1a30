import Foundation
import SegmentationImage
import SegmentationInference
import SegmentationModels
import TestSupport
import Testing
import Torch

/// Networks for images that are no 8-bit RGB.
@Suite struct RasterPredictorTests {
  let raster: Raster
  let model: SegmentationModel
  let normalization = Normalization(
    mean: [0.1, 0.2, 0.3, 0.4, 0.5], std: [0.2, 0.3, 0.2, 0.3, 0.2], type: .uint16)

  init() throws {
    Libtorch.threads = 1
    let values = (0..<21 * 30 * 5).map { (index: Int) -> Float in Float((index &* 7919 &+ index / 11) % 65536) }
    raster = Raster(height: 21, width: 30, channels: 5, values: values)
    model = try Architecture(name: "fastscnn").makeModel(classes: 4, inputChannels: 5).eval()
  }

  /// The same by hand: normalized, padded with zeros to a size that fits, run, cropped.
  @Test(arguments: Engine.allCases) func scoresAreThoseOfTheNetwork(engine: Engine) throws {
    let pixels = Tensor(raster.values, shape: [1, 21, 30, 5]) / 65535
    let mean = Tensor(normalization.mean.map(Float.init))
    let std = Tensor(normalization.std.map(Float.init))
    let input = ((pixels - mean) / std).permute([0, 3, 1, 2])
    let expected = withoutGradients { model.logits(input) }
    let predictor = try Predictor(model: model, normalization: normalization, engine: engine)
    let prediction = try predictor.predict(raster)
    #expect(predictor.lastEngine == engine)
    #expect((prediction.logits - expected).abs().max().item < 1e-4 * expected.abs().max().item)
    let labelled = try predictor.label(raster)
    #expect(labelled.image == raster.picture())
    let classes = expected.argmax(dimension: 1).elements(UInt8.self)
    #expect(zip(labelled.classes.values, classes).count { $0 != $1 } <= 2)
  }

  @Test func tilesAndMirrorsTakeThem() throws {
    let inference = InferenceProtocol(scales: [1], flip: true)
    let predictor = try Predictor(model: model, normalization: normalization, inference: inference)
    let labelled = try predictor.label(raster, wantsConfidence: true)
    #expect(labelled.classes.size == raster.size && labelled.confidence?.size == raster.size)
  }

  @Test func filesAreReadAsTheNetworkTakesThem() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "SegmentationImageTests/Fixtures/formats/five.tif")
    let predictor = try Predictor(model: model, normalization: normalization)
    let read = try Raster(contentsOf: file, channels: 5, type: .uint16)
    #expect(try predictor.label(contentsOf: file) == predictor.label(read))
    let other = file.deletingLastPathComponent().appending(path: "rgb.tif")
    #expect(throws: ImageError(path: other.path, reason: "it has 3 channels, expected 5 (data.channels)")) {
      try predictor.label(contentsOf: other)
    }
  }

  @Test func otherImagesAreRefused() throws {
    let predictor = try Predictor(model: model, normalization: normalization)
    #expect(throws: EngineError.self) { try predictor.label(Image(height: 8, width: 8)) }
    #expect(throws: EngineError.self) {
      try predictor.label(Raster(height: 1, width: 1, channels: 2, values: [0, 0]))
    }
    let usual = try Predictor(model: Architecture(name: "fastscnn").makeModel(classes: 2))
    #expect(throws: EngineError.self) { try usual.label(raster) }
  }

  @Test func compiledFilesKnowChannelsAndValues() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "net.rtseg")
      let other = ImageSize(height: 32, width: 40)
      try Program(model, sizes: [raster.size, other], normalization: normalization, threads: 1).write(to: url)
      let file = try ProgramFile(contentsOf: url)
      #expect(file.normalization == normalization)
      let found = try Predictor(file).label(raster)
      let expected = try Predictor(model: model, normalization: normalization).label(raster)
      #expect(found.classes == expected.classes)
      // An image of another size is resized to the nearest one.
      let larger = raster.resized(to: ImageSize(height: 50, width: 60))
      #expect(try Predictor(file).label(larger).classes.size == larger.size)
      #expect(throws: EngineError.self) { try Predictor(file).label(Image(height: 21, width: 30)) }
    }
    let error = #expect(throws: EngineError.self) { try Program(model, sizes: [raster.size]) }
    #expect(error?.description == "the network takes images of 5 channels, and the normalization has 3")
  }
}
