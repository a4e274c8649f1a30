import Foundation
import SegmentationImage
import SegmentationModels
import TestSupport
import Testing
import Torch

/// Weights that the program fetches by their names, from a mirror on this machine.
@Suite struct WeightsByNameTests {
  let folder: ProgramFolder

  init() throws { folder = try ProgramFolder() }

  private func run(_ server: LoopbackServer?, _ arguments: [String]) throws -> Program.Result {
    try Program.run(
      arguments,
      environment: [
        "RTSEG_WEIGHTS_MIRROR": server?.url("") ?? "http://127.0.0.1:1", "RTSEG_CACHE": folder.path("cache"),
      ])
  }

  /// The reference's files hold the heads that only training uses.
  private func server(of network: String, heads: Heads = []) throws -> LoopbackServer {
    let architecture = try Architecture(name: network)
    let state = try withoutInitialization { try architecture.makeModel(heads: heads) }.stateDictionary
    for (name, tensor) in state.entries where tensor.dtype == .float32 {
      Formula.fill(tensor, key: name, as: name.hasSuffix("running_var") ? .runningVar : .bias)
    }
    let file = folder.url.appending(path: "\(network).pth")
    try Checkpoint.write(
      ["cur_epoch": 799, "best_score": 0.7, "state_dict": PickleValue(state), "optimizer": nil, "scheduler": nil],
      to: file)
    let address = try #require(architecture.publishedCheckpoint).address
    return LoopbackServer([try #require(URL(string: address)).path: .init(try Data(contentsOf: file))])
  }

  @Test func `a picture is labelled by a published network, which is fetched once`() throws {
    let server = try server(of: "bisenetv2", heads: .auxiliary)
    try folder.writeImage("in/a.png")
    for output in ["first", "second"] {
      let result = try run(
        server,
        [
          "predict", "--checkpoint", "bisenetv2@cityscapes", "--input", folder.path("in"), "--output",
          folder.path(output), "--device", "cpu", "--threads", "1",
        ])
      #expect(result.status == 0, "\(result.errors)")
      #expect(folder.tree(output) == ["a.png"])
    }
    #expect(server.requests.count == 1)
  }

  @Test func `the name tells the network, and another one is refused`() throws {
    let server = try server(of: "fssnet")
    try Npy.write(.zeros([1, 3, 64, 64]), to: folder.url.appending(path: "x.npy"))
    func forward(_ more: String...) throws -> Program.Result {
      try run(
        server,
        [
          "forward", "--weights", "fssnet@cityscapes", "--input", folder.path("x.npy"), "--output",
          folder.path("y.npy"),
        ] + more)
    }
    #expect(try forward().output.hasPrefix("fssnet: [1, 3, 64, 64] -> [1, 19, 64, 64]"))
    try folder.writeImage("in/a.png")
    let other = try run(
      server,
      [
        "predict", "--checkpoint", "fssnet@cityscapes", "--model", "enet", "--input", folder.path("in"), "--output",
        folder.path("out"),
      ])
    #expect(other.status == 1)
    #expect(other.errors.contains("fssnet@cityscapes: this is a checkpoint of fssnet, not of enet"))
  }

  @Test(arguments: [
    (["predict", "--checkpoint", "fastscn@cityscapes"], "did you mean 'fastscnn@cityscapes'?"),
    (["predict", "--checkpoint", "fastscnn"], "the published checkpoint of this network is fastscnn@cityscapes"),
    (["predict", "--checkpoint", "fastscnn@cityscapes"], "cannot be downloaded: "),
  ]) func `what cannot be had is told in one line`(_ arguments: [String], _ expected: String) throws {
    try folder.writeImage("in/a.png")
    let result = try run(nil, arguments + ["--input", folder.path("in"), "--output", folder.path("out")])
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains(expected), "\(result.errors)")
    #expect(folder.tree("out") == [])
  }

  @Test func `training names the key of a name that does not exist before it looks for data`() throws {
    for (setting, expected) in [
      ("model.initial=fastscn@cityscapes", "model.initial"),
      ("distillation.checkpoint=fastscn@cityscapes", "distillation.checkpoint"),
      ("model.backbone_weights=imagnet", "model.backbone_weights"),
    ] {
      let result = try run(
        nil,
        [
          "train", "--model", "linknet", "--set", setting, "--data-root", folder.path("none"), "--output",
          folder.path("run"),
        ] + (setting.hasPrefix("distillation") ? ["--teacher", "fastscnn"] : []))
      #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
      #expect(result.errors.contains(expected) && result.errors.contains("did you mean"), "\(result.errors)")
    }
  }

  @Test func `a run starts from published weights and learns from a published teacher`() throws {
    let drawn = try Program.run(
      "data", "synthesize", "--output", folder.path("scenes"), "--count", "6", "--size", "64x96")
    #expect(drawn.status == 0)
    let server = try server(of: "fssnet")
    let result = try run(
      server,
      [
        "train", "--model", "fssnet", "--init", "fssnet@cityscapes", "--teacher", "fssnet", "--teacher-checkpoint",
        "fssnet@cityscapes", "--data-root", folder.path("scenes"), "--epochs", "1", "--batch-size", "2", "--crop-size",
        "64x64", "--threads", "1", "--set", "device=cpu", "--output", folder.path("run"),
      ])
    #expect(result.status == 0, "\(result.errors)")
    #expect(server.requests.count == 1)
    let log = try String(contentsOf: folder.url.appending(path: "run/log.txt"), encoding: .utf8)
    #expect(log.contains(/fssnet@cityscapes: (\d+) of \1 tensors loaded/), "\(log.prefix(2000))")
  }

  @Test func `the catalogue tells names and addresses`() throws {
    let network = try Program.run("models", "fastscnn")
    #expect(
      network.output.contains(
        "checkpoint fastscnn@cityscapes (mIoU 69.37 %): https://github.com/zh320/"), "\(network.output.prefix(500))")
    let backbone = try Program.run("models", "linknet-resnet50")
    #expect(
      backbone.output.contains(
        "backbone weights imagenet-v2 (resnet50): https://download.pytorch.org/models/resnet50-11ad3fa6.pth"))
    #expect(!backbone.output.contains("checkpoint "))
  }
}
