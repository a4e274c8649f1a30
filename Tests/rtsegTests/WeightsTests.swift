import Foundation
import SegmentationModels
import TestSupport
import Testing
import Torch

/// Weights that other trainers wrote, given to the program.
@Suite final class WeightsTests {
  let folder = FileManager.default.temporaryDirectory.appending(path: "rtseg-weights-\(UUID().uuidString)")
  let weights: String

  /// A network of 21 classes as PyTorch Lightning writes it, without counters of batches.
  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let network = try Architecture(name: "fssnet").makeModel(classes: 21)
    var state = network.stateDictionary.renamed { isBatchCounter($0) ? nil : "model.\($0)" }
    state["criterion.weight"] = .ones([21])
    weights = folder.appending(path: "lightning.ckpt").path
    try Checkpoint.write(["epoch": 3, "state_dict": PickleValue(state)], to: URL(filePath: weights))
    try Npy.write(.zeros([1, 3, 64, 64]), to: folder.appending(path: "x.npy"))
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func path(_ name: String) -> String { folder.appending(path: name).path }

  private func forward(_ more: String...) throws -> Program.Result {
    try Program.run(
      [
        "forward", "--model", "fssnet", "--weights", weights, "--input", path("x.npy"), "--output", path("y.npy"),
      ] + more)
  }

  @Test func `a number of classes that is a default is named as such`() throws {
    let wrong = try forward()
    #expect(wrong.status == 1)
    #expect(
      wrong.errors
        == "rtseg: \(weights): its weights are of 21 classes and the network was made for 19, the default of --classes: "
        + "give --classes 21\n")
    #expect(try !files(in: folder).contains("y.npy"))
    #expect(try forward("--classes", "21").status == 0)
    #expect(try Npy.read(folder.appending(path: "y.npy")).shape == [1, 21, 64, 64])

    let predicted = try Program.run(
      "predict", "--model", "fssnet", "--checkpoint", weights, "--input", picture.path, "--output", path("masks"))
    #expect(predicted.status == 1)
    #expect(
      predicted.errors
        == "rtseg: \(weights): its weights are of 21 classes and the network was made for 19, those of cityscapes, the "
        + "default of --dataset: give a data set or card with the 21 classes by --dataset\n")
  }

  private var picture: URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "SegmentationImageTests/Fixtures/rgb.png")
  }

  @Test func `another network's weights and files of other kinds are refused in one line`() throws {
    for (file, expected) in [("torchscript.pt", "a TorchScript program"), ("packed.zip", "a zip archive with")] {
      let fixture = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/checkpoints/foreign/\(file)")
      let result = try Program.run(
        "predict", "--model", "fssnet", "--checkpoint", fixture.path, "--input", picture.path, "--output", path("masks")
      )
      #expect(result.status == 1 && result.errorLines.count == 1)
      #expect(result.errors.contains(expected), "\(result.errors)")
    }
  }

  /// PaddleSeg's PP-LiteSeg, as names of Tests/Fixtures/authors: its encoder starts a training here, and nothing else.
  @Test func `a checkpoint of a network that is built differently is refused with the difference`() throws {
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/authors/ppliteseg-stdc1.txt")
    var state = StateDictionary()
    for line in try String(contentsOf: fixtures, encoding: .utf8).split(separator: "\n") {
      let fields = line.split(separator: " ")
      state[String(fields[0])] = .zeros(fields.dropFirst().map { Int($0)! })
    }
    try state.writeSafetensors(to: folder.appending(path: "paddle.safetensors"))
    let result = try Program.run(
      "predict", "--model", "ppliteseg-stdc1", "--checkpoint", path("paddle.safetensors"), "--input", picture.path,
      "--output", path("masks"))
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(
      result.errors.contains(
        "paddle.safetensors: this is a checkpoint of PaddleSeg, built differently from ppliteseg-stdc1 here: its fusions "
          + "filter the finer map by a convolution of 3x3 with a normalization ('ppseg_head.arm_list.0.conv_x._conv.weight' "
          + "is [64, 256, 3, 3], 'decoder.fusion2.conv.weight' here is [64, 256, 1, 1]); rtseg train --init takes the "
          + "weights of the layers that are alike"), "\(result.errors)")
  }
}
