import Foundation
import SegmentationImage
import Testing

/// `rtseg deploy`, and the commands that take its file in place of a checkpoint.
@Suite struct DeployTests {
  let files: ProgramFolder

  init() throws {
    files = try ProgramFolder()
    try files.writeWeights(of: "rdrnet-s", to: "weights.safetensors")
  }

  private func deploy(_ output: String, _ arguments: [String] = ["--model", "rdrnet-s"]) throws -> Program.Result {
    try Program.run(["deploy", files.path("weights.safetensors"), "--output", files.path(output)] + arguments)
  }

  @Test(arguments: ["merged.pth", "merged.safetensors"])
  func `the merged network labels images as the trained one does`(_ name: String) throws {
    let result = try deploy(name)
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    let pattern = /rdrnet-s: ([0-9.]+) million parameters in place of ([0-9.]+), scores equal within [-0-9.e]+ of the/
    let match = try #require(result.output.firstMatch(of: pattern), "\(result.output)")
    #expect(try #require(Double(match.1)) < #require(Double(match.2)))
    try files.writeImage("photos/a.png")
    var masks: [Mask] = []
    for weights in ["weights.safetensors", name] {
      let folder = "out-\(weights)"
      let predicted = try Program.run(
        "predict", "--checkpoint", files.path(weights), "--model", "rdrnet-s", "--input", files.path("photos"),
        "--output", files.path(folder), "--threads", "1")
      #expect(predicted.status == 0, "\(predicted.errors)")
      let mask = try #require(files.tree(folder).first { $0.hasSuffix(".png") })
      masks.append(try Mask(contentsOf: files.url.appending(path: "\(folder)/\(mask)")))
    }
    // Rounding may decide between two classes.
    #expect(masks.map(\.height) == [37, 37])
    #expect(zip(masks[0].values, masks[1].values).count { $0 != $1 } <= 20)
    // There is nothing left to merge.
    let again = try Program.run(
      "deploy", files.path(name), "--model", "rdrnet-s", "--output", files.path("again.pth"))
    #expect(again.status == 1 && again.errors.contains("is in the deployed form already"), "\(again.errors)")
  }

  @Test func `what cannot be merged is refused in one line`() throws {
    try files.writeWeights(of: "fssnet", to: "weights.safetensors")
    let result = try deploy("merged.pth", ["--model", "fssnet"])
    #expect(result.status == 1 && result.errors.contains("fssnet: it has no blocks of several paths"))
    #expect(result.errors.split(separator: "\n").count == 1)
    #expect(files.tree("") == ["weights.safetensors"])
    let named = try deploy("merged.onnx")
    #expect(named.status == 64 && named.errors.contains("--output: expected a name that ends in .pth or .safetensors"))
    let replaced = try deploy("weights.safetensors")
    #expect(replaced.status != 0)
  }
}
