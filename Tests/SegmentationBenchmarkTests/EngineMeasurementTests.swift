import Foundation
import SegmentationBenchmark
import SegmentationImage
import SegmentationInference
import SegmentationModels
import Testing
import Torch

@Suite final class EngineMeasurementTests {
  let folder = FileManager.default.temporaryDirectory.appending(path: "rtseg-engine-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Every engine labels a picture as the predictor does.
  @Test(arguments: Engine.allCases) func classesArePredictors(_ engine: Engine) throws {
    Libtorch.threads = 1
    Libtorch.seed(1)
    let model = try Architecture(name: "fssnet").makeModel(classes: 5).eval()
    try Checkpoint.write(PickleValue(model.stateDictionary), to: folder.appending(path: "fssnet.pth"))
    let pixels = (0..<(64 * 96 * 3)).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 7) }
    let image = Image(height: 64, width: 96, pixels: pixels)
    try image.write(to: folder.appending(path: "frame.jpg"))
    var planes = [Float](repeating: 0, count: pixels.count)
    Normalization().writePlanar(pixels, count: 64 * 96, to: &planes)
    try Npy.write(Tensor(planes, shape: [1, 3, 64, 96]), to: folder.appending(path: "input.npy"))
    let run = try EngineMeasurement(job(engine, output: "classes"), device: .cpu).run()
    #expect(run.outputSize == [64, 96] && run.latency.repetitions == 3 && run.engine == engine.rawValue)
    #expect(run.peakBytes > 10 << 20 && run.firstResultSeconds > 0)
    let pipeline = try #require(run.pipeline)
    #expect(pipeline.withFiles.repetitions == 3 && pipeline.withFiles.min >= pipeline.withProcessing.min)
    let expected = try Predictor(model: model, engine: .eager).predict(image).classes.values
    #expect(Set(expected).count > 1)
    #expect(try Array(Data(contentsOf: folder.appending(path: "classes.bin"))) == expected)
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(!left.contains { $0.hasSuffix(".png") })

    let scores = try EngineMeasurement(job(engine, output: "logits"), device: .cpu).run()
    #expect(scores.outputSize == [64, 96] && scores.pipeline == nil)
  }

  private func job(_ engine: Engine, output: String) throws -> EngineJob {
    func path(_ name: String) -> String { folder.appending(path: name).path }
    return try JSONDecoder().decode(
      EngineJob.self,
      from: Data(
        """
        {"network": "fssnet", "engine": "\(engine.rawValue)", "precision": "float32", "output": "\(output)",
         "classes": 5, "device": "cpu", "threads": 1, "weights": "\(path("fssnet.pth"))",
         "budget": {"warmupRuns": 1, "warmupSeconds": 0, "repetitions": 3, "seconds": 0},
         "frame": "\(path("frame.jpg"))", "input": "\(path("input.npy"))", "scratch": "\(folder.path)",
         "classMap": "\(path("classes.bin"))", "withPipeline": true, "started": 0}
        """.utf8))
  }
}
