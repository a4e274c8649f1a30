import Foundation
import SegmentationImage
import Testing
import Torch

/// `rtseg export`.
@Suite struct ExportTests {
  let files: ProgramFolder

  init() throws {
    files = try ProgramFolder()
    try files.writeWeights(of: "fssnet", to: "weights.safetensors")
  }

  private func export(_ arguments: [String], environment: [String: String] = [:]) throws -> Program.Result {
    try Program.run(
      ["export", files.path("weights.safetensors"), "--model", "fssnet", "--size", "64x96", "--threads", "1"]
        + arguments,
      environment: environment)
  }

  private func json(_ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: files.url.appending(path: name))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test func `exporting writes a file, and a description beside it`() throws {
    let result = try export(["--output", files.path("net.onnx"), "--dataset", "cityscapes", "--dynamic"])
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    #expect(result.output.hasPrefix("fssnet, onnx, float32, any size: "), "\(result.output)")
    #expect(files.tree("") == ["net.onnx", "net.onnx.json", "weights.safetensors"])
    let facts = try json("net.onnx.json")
    #expect(facts["network"] as? String == "fssnet" && facts["dynamic_size"] as? Bool == true)
    #expect(facts["size"] as? [Int] == [64, 96] && facts["std"] as? [Double] == [0.229, 0.224, 0.225])
    let classes = try #require(facts["classes"] as? [[String: Any]])
    #expect(classes.count == 19 && classes[0]["name"] as? String == "road")
    let sum = try Program.shell("sha256sum '\(files.path("weights.safetensors"))'")
    #expect(facts["checkpoint"] as? String == String(sum.output.prefix(64)))
  }

  @Test func `weights with a description are a checkpoint that knows its network`() throws {
    let written = try export(
      ["--output", files.path("net.safetensors"), "--dataset", "cityscapes"])
    #expect(written.status == 64 && written.errors.contains("--size is for files that run"), "\(written.errors)")
    let result = try Program.run(
      "export", files.path("weights.safetensors"), "--model", "fssnet", "--dataset", "cityscapes", "--output",
      files.path("net.safetensors"))
    #expect(result.status == 0, "\(result.errors)")
    try files.writeImage("photos/a.png")
    let labelled = try Program.run(
      "predict", "--checkpoint", files.path("net.safetensors"), "--input", files.path("photos"), "--output",
      files.path("labels"))
    #expect(labelled.status == 0 && files.tree("labels") == ["a.png"], "\(labelled.errors)")
  }

  @Test func `a TorchScript file is run on images before it is written`() throws {
    try files.writeImage("photos/a.png")
    let result = try export([
      "--output", files.path("net.pt"), "--verify", files.path("photos"), "--input", "uint8-nhwc", "--dynamic",
    ])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("TorchScript in libtorch, 3 images: largest difference"), "\(result.output)")
  }

  @Test func `without ONNX Runtime a verification says what to install and writes nothing`() throws {
    try files.writeImage("photos/a.png")
    let result = try export(
      ["--output", files.path("net.onnx"), "--verify", files.path("photos")],
      environment: ["RTSEG_PYTHON": "/bin/true"])
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains("make setup-exchange"), "\(result.errors)")
    #expect(!files.tree("").contains("net.onnx"))
  }

  @Test func `a network without a checkpoint gets random weights, the same for one seed`() throws {
    func write(_ name: String, _ seed: String) throws -> Data {
      let result = try Program.run(
        "export", "--model", "fssnet", "--size", "32x32", "--seed", seed, "--classes", "5", "--output",
        files.path(name))
      #expect(result.status == 0, "\(result.errors)")
      return try Data(contentsOf: files.url.appending(path: name))
    }
    let first = try write("a.onnx", "1")
    #expect(try write("b.onnx", "1") == first)
    #expect(try write("c.onnx", "2") != first)
  }

  @Test func `options that cannot be are refused`() throws {
    for (arguments, expected) in [
      (["--output", files.path("net.bin")], "--output: expected a name that ends in .onnx, .pt or .safetensors"),
      (["--output", files.path("net.onnx"), "--format", "torchscript"], "expected a name that ends in .pt"),
      (["--output", files.path("net.onnx"), "--opset", "11"], "--opset: expected 17 to 22, found 11"),
      (["--output", files.path("net.pt"), "--opset", "18"], "--opset is for --format onnx"),
      (["--output", files.path("net.onnx"), "--precision", "int8"], "--precision int8 needs --calibration"),
      (["--output", files.path("net.onnx"), "--precision", "float16"], "an exported network has float32 or int8"),
      (["--output", files.path("net.onnx"), "--agreement", "0.9"], "--agreement is for --precision int8"),
      (["--output", files.path("net.onnx"), "--batch-size", "2", "--dynamic-batch"], "leave --batch-size out"),
      (["--output", files.path("net.onnx"), "--seed", "2"], "--seed is for random weights"),
      (["--output", files.path("net.onnx"), "--classes", "5"], "--classes is for random weights"),
      (["--output", files.path("net.onnx"), "--data-root", "x"], "--data-root is for --verify"),
      (["--output", files.path("net.onnx"), "--size", "0x64"], "--size"),
      (["--output", files.path("net.onnx"), "--threads", "0"], "--threads: expected 1 to"),
    ] {
      let result = try export(arguments)
      #expect(result.status == 64 && result.errors.contains(expected), "\(arguments): \(result.errors)")
    }
    #expect(files.tree("") == ["weights.safetensors"])
  }

  @Test func `a result replaces no input, and needs its folder`() throws {
    let weights = files.path("weights.safetensors")
    let own = try Program.run("export", weights, "--model", "fssnet", "--output", weights)
    #expect(own.status == 1 && own.errors.contains("would replace the input"), "\(own.errors)")
    let lost = try export(["--output", files.path("none/net.onnx")])
    #expect(lost.status == 1 && lost.errors.contains("there is no folder"), "\(lost.errors)")
  }
}
