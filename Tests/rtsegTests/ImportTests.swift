import Foundation
import SegmentationImage
import Testing

/// ONNX files in place of checkpoints: `compile`, `info`, `predict`, `val`, `forward` and `bench`.
@Suite struct ImportTests {
  let files: ProgramFolder
  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "SegmentationExchangeTests/Fixtures/networks")

  init() throws {
    files = try ProgramFolder()
    for name in ["dynamic", "metadata", "outputs", "unsupported"] {
      try FileManager.default.copyItem(
        at: Self.fixtures.appending(path: "\(name).onnx"), to: files.url.appending(path: "\(name).onnx"))
    }
  }

  /// Writes an image of 8x12 pixels.
  private func writePhoto() throws {
    try files.makeFolder("photos")
    let pixels = (0..<8 * 12 * 3).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    try Image(height: 8, width: 12, pixels: pixels).write(to: files.url.appending(path: "photos/a.png"))
  }

  private func predict(_ name: String, to output: String, _ arguments: String...) throws -> Program.Result {
    try Program.run(
      ["predict", "--checkpoint", files.path(name), "--input", files.path("photos"), "--output", files.path(output)]
        + arguments)
  }

  private func mask(_ folder: String) throws -> Mask {
    try Mask(contentsOf: files.url.appending(path: "\(folder)/a.png"))
  }

  @Test func `a file is compiled, and the compiled network labels as the file does`() throws {
    try writePhoto()
    let result = try Program.run("compile", files.path("metadata.onnx"), "--output", files.path("net.rtseg"))
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    #expect(result.output.hasPrefix("street, float32, 8x12: "), "\(result.output)")
    #expect(result.output.contains("100.000 % of the pixels of a drawn street scene"), "\(result.output)")
    let info = try Program.run("info", files.path("net.rtseg"))
    #expect(info.output.contains("4: sky, road, tree, car") && info.output.contains("0.5, 0.4, 0.3"), "\(info.output)")
    #expect(try predict("metadata.onnx", to: "first").status == 0)
    #expect(try predict("net.rtseg", to: "second").status == 0)
    #expect(try mask("first") == mask("second"))
  }

  @Test func `a file that takes several sizes needs one, and what is assumed is told`() throws {
    try writePhoto()
    let refused = try predict("dynamic.onnx", to: "out")
    #expect(refused.status == 1 && refused.errors.contains("give one with --size HEIGHTxWIDTH"), "\(refused.errors)")
    let assumed = try predict("dynamic.onnx", to: "assumed", "--size", "8x12")
    #expect(assumed.status == 0, "\(assumed.errors)")
    #expect(
      assumed.errors.contains("ImageNet's is assumed") && assumed.errors.contains("give another with --mean and --std"))
    let given = try predict(
      "dynamic.onnx", to: "given", "--size", "8x12", "--mean", "0.1,0.9,0.5", "--std", "0.5,0.1,0.5")
    #expect(given.status == 0 && given.errors.isEmpty, "\(given.errors)")
    #expect(try mask("assumed") != mask("given"))
  }

  @Test func `the output can be named`() throws {
    try writePhoto()
    #expect(try predict("outputs.onnx", to: "first").status == 0)
    #expect(try predict("outputs.onnx", to: "other", "--output-name", "a").status == 0)
    #expect(try mask("first") != mask("other"))
    let refused = try predict("outputs.onnx", to: "none", "--output-name", "b")
    #expect(refused.status == 1 && refused.errors.contains("its outputs are s, y, a"), "\(refused.errors)")
  }

  @Test func `scores of a data set are computed with a file`() throws {
    try writePhoto()
    try files.makeFolder("masks")
    try Mask(height: 8, width: 12, values: (0..<96).map { UInt8($0 % 4) }).write(
      to: files.url.appending(path: "masks/a.png"), palette: .distinct)
    try Data(
      """
      classes: [{name: a, color: [1, 0, 0]}, {name: b, color: [2, 0, 0]}, {name: c, color: [3, 0, 0]}, {name: d, color: [4, 0, 0]}]
      map: {0: a, 1: b, 2: c, 3: d}
      splits: {val: {images: photos, masks: masks}}
      """.utf8
    ).write(to: files.url.appending(path: "card.yaml"))
    let result = try Program.run(
      "val", "--checkpoint", files.path("dynamic.onnx"), "--size", "8x12", "--dataset", files.path("card.yaml"),
      "--threads", "1", "--mean", "0.5,0.5,0.5", "--std", "0.5,0.5,0.5", "--output-name", "y")
    #expect(result.status == 0 && result.output.contains("mean"), "\(result.errors)")
  }

  @Test func `a file tells what it is, and what is not supported`() throws {
    let result = try Program.run("info", files.path("dynamic.onnx"), "--size", "16x16")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("Conv 1, Relu 1") && result.output.contains("none"), "\(result.output)")
    let refused = try Program.run("compile", files.path("unsupported.onnx"), "--output", files.path("net.rtseg"))
    #expect(refused.status == 1 && refused.errors.contains("not supported: Exp (b)"), "\(refused.errors)")
    #expect(refused.errors.split(separator: "\n").count == 1)
    #expect(!FileManager.default.fileExists(atPath: files.path("net.rtseg")))
  }

  @Test func `a raw array goes through a file`() throws {
    // A NumPy file of version 1.
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 8, 12), }"
    let text = header + String(repeating: " ", count: 117 - header.count) + "\n"
    var bytes = Data([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0])
    bytes.append(Data(text.utf8))
    bytes.append((0..<288).map { Float($0 % 7) }.withUnsafeBytes { Data($0) })
    try bytes.write(to: files.url.appending(path: "x.npy"))
    let result = try Program.run(
      "forward", "--weights", files.path("outputs.onnx"), "--input", files.path("x.npy"), "--output",
      files.path("y.npy"),
      "--output-name", "a")
    #expect(result.status == 0 && result.output.contains("[1, 3, 8, 12] -> [1, 4, 8, 12]"), "\(result.errors)")
  }

  @Test func `a file is timed`() throws {
    let result = try Program.run(
      "bench", "--model", files.path("outputs.onnx"), "--threads", "1", "--repetitions", "3", "--seconds", "0",
      "--warmup", "0",
      "--warmup-seconds", "0", "--output-name", "a")
    #expect(result.status == 0 && result.output.contains("outputs "), "\(result.errors)")
    let refused = try Program.run("bench", "--model", files.path("dynamic.onnx"))
    #expect(refused.status == 1 && refused.errors.contains("--size"), "\(refused.errors)")
    let peers = try Program.run("bench", "--model", files.path("outputs.onnx"), "--against", "mnn")
    #expect(peers.status == 64 && peers.errors.contains("onnxruntime and openvino"), "\(peers.errors)")
  }

  @Test func `options of ONNX files are refused for other files`() throws {
    try files.writeWeights(of: "fssnet", to: "weights.safetensors")
    for arguments in [["--output-name", "a"], ["--mean", "0,0,0", "--std", "1,1,1"], ["--size", "8x8"]] {
      let result = try Program.run(
        ["predict", "--checkpoint", files.path("weights.safetensors"), "--input", "a", "--output", "b"] + arguments)
      #expect(result.status == 64 && result.errors.contains("for ONNX files"), "\(result.errors)")
    }
    let alone = try Program.run("compile", files.path("metadata.onnx"), "--output", "a.rtseg", "--mean", "0,0,0")
    #expect(alone.status == 64 && alone.errors.contains("give both"), "\(alone.errors)")
  }
}
