import Foundation
import SegmentationImage
import Testing

/// `rtseg compile`, `rtseg info`, and the commands that take a compiled network in place of a checkpoint.
@Suite struct CompileTests {
  let files: ProgramFolder

  init() throws {
    files = try ProgramFolder()
    try files.writeWeights(of: "fssnet", to: "weights.safetensors")
  }

  private func compile(_ arguments: [String] = []) throws -> Program.Result {
    try Program.run(
      [
        "compile", files.path("weights.safetensors"), "--model", "fssnet", "--size", "64x96", "--output",
        files.path("net.rtseg"), "--threads", "1",
      ] + arguments)
  }

  private func predict(_ arguments: [String], to output: String) throws -> Program.Result {
    try Program.run(
      ["predict", "--threads", "1", "--input", files.path("photos"), "--output", files.path(output)] + arguments)
  }

  /// Writes images of 64x96 pixels.
  private func writePhotos(_ names: [String]) throws {
    try files.makeFolder("photos")
    for (index, name) in names.enumerated() {
      let pixels = (0..<64 * 96 * 3).map { UInt8(truncatingIfNeeded: $0 &* (37 + index) &+ $0 / 96) }
      try Image(height: 64, width: 96, pixels: pixels).write(to: files.url.appending(path: "photos/\(name)"))
    }
  }

  private func mask(_ name: String) throws -> Mask { try Mask(contentsOf: files.url.appending(path: name)) }

  private func json(_ result: Program.Result) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any], "\(result.errors)")
  }

  // MARK: - Compiling

  @Test func `compiling writes a file and says how it agrees with libtorch`() throws {
    let result = try compile()
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    #expect(result.output.hasPrefix("fssnet, float32, 64x96: "), "\(result.output)")
    #expect(result.output.contains(" MB: \(files.path("net.rtseg"))\n"), "\(result.output)")
    let pattern = /([0-9.]+) % of the pixels of a drawn street scene get the class that libtorch gives\n/
    let match = try #require(result.output.firstMatch(of: pattern), "\(result.output)")
    #expect(try #require(Double(match.1)) > 99)
    #expect(files.tree("") == ["net.rtseg", "weights.safetensors"])
  }

  @Test func `int8 learns from images, and several sizes share a file`() throws {
    try writePhotos(["a.png", "b.png", "c.png"])
    let photos = files.path("photos")
    let result = try compile([
      "--size", "64x96,32x48", "--precision", "int8", "--calibration", photos, "--agreement", "0.5", "--images", photos,
    ])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.hasPrefix("fssnet, int8, 64x96, 32x48: "), "\(result.output)")
    #expect(result.output.contains(" % of the pixels of 3 images get the class"), "\(result.output)")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count { $0.hasPrefix("64x96: ") || $0.hasPrefix("32x48: ") } == 2, "\(result.output)")
    let facts = try json(try Program.run("info", files.path("net.rtseg"), "--json"))
    #expect(facts["precision"] as? String == "int8")
    #expect(facts["sizes"] as? [[Int]] == [[64, 96], [32, 48]])
  }

  @Test func `a file tells its facts`() throws {
    let compiled = try compile(["--dataset", "cityscapes"])
    #expect(compiled.status == 0, "\(compiled.errors)")
    let text = try Program.run("info", files.path("net.rtseg"))
    #expect(text.status == 0 && text.errors.isEmpty, "\(text.errors)")
    let lines = text.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    for fact in ["network: fssnet", "image sizes: 64x96", "classes: 19: road, sidewalk", "written by: rtseg"] {
      #expect(lines.contains { $0.hasPrefix(fact) }, "\(text.output)")
    }
    let facts = try json(try Program.run("info", files.path("net.rtseg"), "--json"))
    #expect(facts["network"] as? String == "fssnet" && facts["precision"] as? String == "float32")
    #expect(facts["sizes"] as? [[Int]] == [[64, 96]])
    #expect(facts["mean"] as? [Double] == [0.485, 0.456, 0.406])
    #expect(facts["std"] as? [Double] == [0.229, 0.224, 0.225])
    let classes = try #require(facts["classes"] as? [[String: Any]])
    #expect(classes.count == 19 && classes[0]["name"] as? String == "road")
    #expect(classes[0]["color"] as? [Int] == [128, 64, 128])
    let sum = try Program.shell("sha256sum '\(files.path("weights.safetensors"))'")
    #expect(facts["checkpoint"] as? String == String(sum.output.prefix(64)))
  }

  // MARK: - Using a file

  @Test func `predictions are the checkpoint's`() throws {
    try writePhotos(["a.png", "b.png"])
    #expect(try compile(["--dataset", "cityscapes"]).status == 0)
    let plain = try predict(["--model", "fssnet", "--checkpoint", files.path("weights.safetensors")], to: "plain")
    #expect(plain.status == 0, "\(plain.errors)")
    // An image of another size is resized for the network.
    try files.writeImage("photos/other.png")
    let found = try predict(["--checkpoint", files.path("net.rtseg")], to: "found")
    #expect(found.status == 0 && found.output.contains("labelled 3 images (kernels, float32)"), "\(found.errors)")
    for name in ["a.png", "b.png"] { #expect(try mask("found/\(name)") == mask("plain/\(name)")) }
    #expect(try mask("found/other.png").size == ImageSize(height: 37, width: 61))
  }

  @Test func `scores are the checkpoint's`() throws {
    try files.drawScenes(10)
    #expect(try compile().status == 0)
    func validate(_ arguments: String...) throws -> [String: Any] {
      let result = try Program.run(
        ["val", "--threads", "1", "--dataset", "cityscapes", "--data-root", files.path("scenes"), "--json"] + arguments)
      #expect(result.status == 0, "\(result.errors)")
      return try json(result)
    }
    let plain = try validate(
      "--model", "fssnet", "--checkpoint", files.path("weights.safetensors"), "--precision", "float32")
    let found = try validate("--checkpoint", files.path("net.rtseg"))
    for key in ["mean_iou", "pixel_accuracy"] {
      let (a, b) = (try #require(plain[key] as? Double), try #require(found[key] as? Double))
      #expect(abs(a - b) < 1e-9, "\(key): \(a) \(b)")
    }
    #expect(found["engine"] as? String == "kernels" && found["precision"] as? String == "float32")
  }

  // MARK: - Refusals

  @Test func `options of a compilation that cannot be are refused`() throws {
    for (arguments, expected) in [
      (["--output", files.path("net.pth")], "--output: expected a name that ends in .rtseg"),
      (["--precision", "float16"], "--precision: a compiled network has float32, bfloat16 or int8"),
      (["--precision", "int8"], "--precision int8 needs --calibration"),
      (["--agreement", "0.9"], "--agreement is for --precision int8"),
      (["--size", "64x"], "--size: expected"), (["--size", "0x64"], "--size: expected"),
      (["--size", "64x96,"], "--size: expected"), (["--size", "64x96,64x96"], "--size: expected"),
      (["--size", "20000x64"], "--size: expected"),
      (["--threads", "0"], "--threads: expected 1 to"),
    ] {
      let result = try compile(arguments)
      #expect(result.status == 64 && result.errors.contains(expected), "\(arguments): \(result.errors)")
    }
    #expect(files.tree("") == ["weights.safetensors"])
  }

  @Test func `a checkpoint that cannot be read leaves no file`() throws {
    let result = try Program.run(
      "compile", files.path("none.pth"), "--size", "64x96", "--output", files.path("net.rtseg"))
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains("none.pth"), "\(result.errors)")
    #expect(files.tree("") == ["weights.safetensors"])
  }

  @Test func `options that a compiled network decides are refused beside it`() throws {
    for (arguments, expected) in [
      (["--model", "fssnet"], "leave --model, --encoder and --decoder out"),
      (["--precision", "bfloat16"], "leave --precision out"),
      (["--engine", "eager"], "--engine eager needs a checkpoint"),
      (["--device", "cuda"], "leave --device cuda out"),
    ] {
      let result = try predict(["--checkpoint", files.path("net.rtseg")] + arguments, to: "out")
      #expect(result.status == 64 && result.errors.contains(expected), "\(arguments): \(result.errors)")
    }
    let compared = try Program.run("val", "--checkpoint", files.path("net.rtseg"), "--compare")
    #expect(compared.status == 64 && compared.errors.contains("--compare needs the network's checkpoint"))
  }

  @Test func `a damaged file is refused in one line`() throws {
    try writePhotos(["a.png"])
    #expect(try compile().status == 0)
    try Data(contentsOf: files.url.appending(path: "net.rtseg")).dropLast(9)
      .write(to: files.url.appending(path: "half.rtseg"))
    let half = files.path("half.rtseg")
    for arguments in [
      ["info", half], ["info", half, "--json"],
      ["predict", "--checkpoint", half, "--input", files.path("photos"), "--output", files.path("out")],
      ["val", "--checkpoint", half, "--dataset", "cityscapes", "--data-root", files.path("scenes")],
    ] {
      let result = try Program.run(arguments)
      #expect(result.status == 1 && result.errorLines.count == 1, "\(arguments): \(result.errors)")
      #expect(result.errors.contains("half.rtseg") && result.output.isEmpty, "\(arguments): \(result.errors)")
    }
    let missing = try Program.run("info", files.path("nowhere.rtseg"))
    #expect(missing.status == 1 && missing.errorLines.count == 1 && missing.errors.contains("nowhere.rtseg"))
  }
}
