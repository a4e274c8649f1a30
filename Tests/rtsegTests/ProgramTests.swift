import Files
import Foundation
import SegmentationData
import SegmentationImage
import SegmentationModels
import TestSupport
import Testing
import Torch

@Suite struct ProgramTests {
  let files: ProgramFolder
  var folder: URL { files.url }

  init() throws { files = try ProgramFolder() }

  func path(_ name: String) -> String { files.path(name) }

  func writeWeights(of network: String, to name: String) throws -> ModelFixture {
    try files.writeWeights(of: network, to: name)
  }

  @Test func forwardGivesPyTorchsNumbers() throws {
    let fixture = try writeWeights(of: "fssnet", to: "weights.safetensors")
    try Npy.write(Formula.input([1, 3, 128, 256]), to: folder.appending(path: "x.npy"))
    let result = try Program.run(
      "forward", "--model", "fssnet", "--weights", path("weights.safetensors"), "--input", path("x.npy"), "--output",
      path("y.npy"))
    #expect(result.status == 0, "\(result.errors)")
    let scores = try Npy.read(folder.appending(path: "y.npy"))
    #expect(scores.shape == [1, 19, 128, 256])
    #expect(abs(scores.abs().max().item - fixture.eval.absmax) < 2e-5 * fixture.eval.absmax)
    #expect(abs(scores.mean().item - fixture.eval.mean) < 2e-5 * fixture.eval.absmax)
  }

  private struct Validation: Decodable {
    var labelledPixels: [Int]
    var meanIou: Double
    var engine: String
    var images: Int
    var agreement: Double
    var referenceMeanIou: Double
  }

  /// The engine scores as libtorch does, but for ties, also where images are scaled and the labels are not.
  @Test(arguments: ["1.0", "0.5"]) func enginesScoreAlike(scale: String) throws {
    _ = try writeWeights(of: "fssnet", to: "weights.safetensors")
    let drawn = try Program.run("data", "synthesize", "--output", path("scenes"), "--count", "10", "--size", "72x96")
    #expect(drawn.status == 0)
    func validate(_ arguments: String...) throws -> Validation {
      let result = try Program.run(
        [
          "val", "--model", "fssnet", "--checkpoint", path("weights.safetensors"), "--data-root", path("scenes"),
          "--split", "train", "--set", "augmentation.scale=\(scale)", "--set", "validation.batch_size=3", "--threads",
          "1",
          "--compare", "--json",
        ] + arguments)
      #expect(result.status == 0, "\(result.errors)")
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try decoder.decode(Validation.self, from: Data(result.output.utf8))
    }
    let (kernels, eager) = try (validate(), validate("--engine", "eager"))
    #expect(kernels.engine == "kernels" && eager.engine == "eager")
    #expect(kernels.images == eager.images && kernels.labelledPixels == eager.labelledPixels)
    #expect(eager.agreement == 1 && eager.meanIou == eager.referenceMeanIou)
    #expect(kernels.agreement > 0.999 && kernels.referenceMeanIou == eager.meanIou)
    #expect(abs(kernels.meanIou - eager.meanIou) < 0.001)
    let short = try validate("--amp", "bfloat16")
    #expect(short.engine == "kernels" && short.labelledPixels == eager.labelledPixels && short.agreement > 0.5)
    #expect(try validate("--amp", "float16", "--engine", "eager").engine == "eager")
  }

  @Test func networksAreListed() throws {
    let list = try Program.run("models")
    #expect(list.status == 0)
    #expect(list.output.contains("bisenetv2") && list.output.contains("17.52") && list.output.contains("2.27 M"))
    let layers = try Program.run("models", "fastscnn")
    #expect(layers.output.contains("learning_to_downsample.0.0") && layers.output.contains("32x256x512"))
    #expect(try Program.run("doctor").output.contains("libtorch"))
  }

  @Test func badInputGetsOneLine() throws {
    _ = try writeWeights(of: "fssnet", to: "weights.safetensors")
    try Data("cos\nsystem\n(S'touch /tmp/never'\ntR.".utf8).write(to: folder.appending(path: "evil.pth"))
    let picture = folder.appending(path: "cut.png")
    try Image(height: 64, width: 64, filledWith: RGB(1, 2, 3)).write(to: picture)
    try Data(contentsOf: picture).dropLast(40).write(to: picture)
    try Data("optimizer:\n  lerning_rate: 1\n".utf8).write(to: folder.appending(path: "typo.yaml"))

    let weights = path("weights.safetensors")
    let cases: [([String], String)] = [
      (["train", "--dataset", "camvid", "--data-root", path("none"), "--output", path("run")], path("none")),
      (["train", "--config", path("typo.yaml")], "did you mean 'optimizer.learning_rate'"),
      (["train", "--set", "epochs=many"], "epochs"),
      (["train", "--resume", path("none")], "config.yaml"),
      (["val", "--model", "enet", "--checkpoint", weights], "none of the weights in it is this network's"),
      (["val", "--checkpoint", weights], "--model"),
      (["val", "--model", "fssnett", "--checkpoint", weights], "did you mean 'fssnet'"),
      (["val", "--model", "fssnet", "--checkpoint", path("evil.pth")], "evil.pth"),
      (predict(weights, picture.path), "cut.png"),
      (predict(weights, path("none.png")), "none.png"),
      (predict(weights, path("weights.safetensors")), "weights.safetensors"),
      (["data", "check", "--dataset", "cityscape", "--data-root", "x"], "cityscape"),
      (["forward", "--model", "fssnet", "--weights", weights, "--input", weights, "--output", path("y.npy")], weights),
    ]
    for (arguments, expected) in cases {
      let result = try Program.run(arguments)
      #expect(result.status == 1, "\(arguments)")
      #expect(result.errorLines.count == 1, "\(arguments): \(result.errors)")
      #expect(result.errors.contains(expected), "\(arguments): \(result.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: path("y.npy")))
    #expect(!FileManager.default.fileExists(atPath: path("run")))
    #expect(try Program.run("predict").status == 64)
    #expect(try Program.run("train", "--epochs", "x").status == 64)
  }

  private func predict(_ weights: String, _ input: String) -> [String] {
    ["predict", "--model", "fssnet", "--checkpoint", weights, "--input", input, "--output", path("out")]
  }

  /// Killed at some moment, a run leaves a checkpoint to go on from, and ends as if it had not been killed.
  @Test func aKilledRunGoesOn() throws {
    let drawn = try Program.run("data", "synthesize", "--output", path("scenes"), "--count", "10", "--size", "64x96")
    #expect(drawn.status == 0)
    func train(_ arguments: String...) throws -> Program.Result { try Program.run(["train"] + arguments) }
    // ENet has dropout: the random state matters.
    let common = [
      "--model", "enet", "--data-root", path("scenes"), "--epochs", "2", "--batch-size", "2", "--crop-size", "64x64",
      "--threads", "1",
    ]
    #expect(try Program.run(["train", "--output", path("whole")] + common).status == 0)
    let killed = try Program.start(["train", "--output", path("killed")] + common)
    while !FileManager.default.fileExists(atPath: path("killed/metrics.jsonl")) { usleep(1000) }
    kill(killed.processIdentifier, SIGKILL)
    killed.waitUntilExit()
    let resumed = try train("--resume", path("killed"))
    #expect(resumed.status == 0, "\(resumed.errors)")
    let states = try ["whole", "killed"].map {
      try Checkpoint.readState(from: folder.appending(path: "\($0)/last.pth"))
    }
    #expect(states[0].keys == states[1].keys)
    for (name, tensor) in states[0].entries { #expect(states[1][name]!.equals(tensor), "\(name)") }
  }

  @Test func aRunStartsFromABackboneOfTheWeb() throws {
    let scenes = try Program.run("data", "synthesize", "--output", path("scenes"), "--count", "10", "--size", "64x96")
    #expect(scenes.status == 0)
    let weights = folder.appending(path: "mobilenet_v2.pth")
    let state = MobileNetV2().stateDictionary.renamed { "features." + $0.drop { $0 != "." }.dropFirst() }
    try Checkpoint.write(PickleValue(state), to: weights)
    let content = try Data(contentsOf: weights)
    let name = "/mobilenet_v2-\(content.withUnsafeBytes(ContentHash.hex(of:)).prefix(8)).pth"
    let server = LoopbackServer([name: .init(content)])
    func train(_ output: String, _ url: String) throws -> Program.Result {
      try Program.run(
        [
          "train", "--model", "liteseg", "--data-root", path("scenes"), "--epochs", "1", "--batch-size", "8",
          "--crop-size", "64x64", "--threads", "1", "--output", path(output), "--backbone-weights", url,
        ], environment: ["RTSEG_CACHE": path("cache")])
    }
    for run in ["first", "second"] {
      let result = try train(run, server.url(name))
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.errors.contains("306 of 306 tensors of the backbone of liteseg-mobilenet_v2 loaded"))
    }
    #expect(server.requests == [name])
    #expect(try FileManager.default.contentsOfDirectory(atPath: path("cache")) == [String(name.dropFirst())])

    let missing = try train("third", server.url("/none.pth"))
    #expect(missing.status == 1 && missing.errorLines.count == 1, "\(missing.errors)")
    #expect(missing.errors.contains("\(server.url("/none.pth")): cannot be downloaded: HTTP 404"))
    let both = try Program.run("train", "--init", "a.pth", "--backbone-weights", "b.pth")
    #expect(both.status == 64 && both.errors.contains("overwrite each other"))
    let resumed = try Program.run("train", "--resume", path("first"), "--backbone-weights", "b.pth")
    #expect(resumed.status == 64 && resumed.errors.contains("leave out"))
    let inFile = try Program.run("train", "--set", "model.initial=a.pth", "--set", "model.backbone_weights=b.pth")
    #expect(inFile.status == 1 && inFile.errors.contains("model.backbone_weights"))
  }
}
