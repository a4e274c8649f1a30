import Foundation
import TestSupport
import Testing
import Torch

private final class Net: Module {
  let conv = Conv2d(1, 2, kernel: 3)
  let norm = BatchNorm2d(2)
  let head = Conv2d(2, 4, kernel: 1)
}

/// Weights as trainers that people use write them: under keys and prefixes of their own, beside other things.
@Suite struct NetworkWeightsTests {
  let state: StateDictionary
  private let net = Net()

  init() {
    var state = net.stateDictionary
    for (index, name) in state.keys.enumerated() where state[name]!.dtype == .float32 {
      state[name] = .full(state[name]!.shape, Double(index) + 0.5)
    }
    self.state = state
  }

  struct Layout: Sendable, CustomStringConvertible {
    let description: String
    let place: String
    let build: @Sendable (StateDictionary) -> PickleValue

    init(_ description: String, at place: String, _ build: @escaping @Sendable (StateDictionary) -> PickleValue) {
      self.description = description
      self.place = place
      self.build = build
    }
  }

  private static func prefixed(
    _ prefix: String, _ state: StateDictionary, beside others: StateDictionary = [:]
  ) -> PickleValue {
    PickleValue(StateDictionary(state.renamed { prefix + $0 }.entries + others.entries))
  }

  private static func zeroed(_ state: StateDictionary) -> StateDictionary {
    StateDictionary(state.entries.map { ($0.name, Tensor.zeros($0.tensor.shape, dtype: $0.tensor.dtype)) })
  }

  static let layouts = [
    Layout("a bare state", at: "") { PickleValue($0) },
    Layout("DistributedDataParallel", at: "module.") { prefixed("module.", $0) },
    Layout("torch.compile", at: "_orig_mod.") { prefixed("_orig_mod.", $0) },
    Layout("several wrappers at once", at: "model / module._orig_mod.model.") {
      ["model": prefixed("module._orig_mod.model.", $0)]
    },
    Layout("a prefix of one's own", at: "my_net.seg.") { prefixed("my_net.seg.", $0) },
    Layout("PyTorch Lightning, with a loss and its metrics", at: "state_dict / model.") {
      [
        "epoch": 3, "global_step": 100, "pytorch-lightning_version": "2.5.0",
        "loops": ["fit_loop": ["state_dict": [:]]],
        "hyper_parameters": ["lr": 0.1],
        "state_dict": prefixed(
          "model.", $0,
          beside: ["criterion.weight": .ones([4]), "loss_fn.0.weight": .ones([4]), "train_iou.matrix": .ones([4, 4])]),
      ]
    },
    Layout("a loss beside names without prefix", at: "") {
      prefixed("", $0, beside: ["criterion.weight": .ones([4]), "dice_loss.weight": .ones([4])])
    },
    Layout("thop's counts of operations", at: "") {
      prefixed("", $0, beside: ["total_ops": .ones([1]), "conv.total_params": .ones([1])])
    },
    Layout("torch.optim.swa_utils.AveragedModel", at: "module.") {
      prefixed("module.", $0, beside: ["n_averaged": Tensor([7])])
    },
    Layout("AveragedModel in a trainer's file", at: "swa_state / module.") {
      ["epoch": 3, "swa_state": prefixed("module.", $0, beside: ["n_averaged": Tensor([7])])]
    },
    Layout("timm with averages", at: "state_dict_ema") {
      ["epoch": 3, "arch": "x", "state_dict": PickleValue(zeroed($0)), "state_dict_ema": PickleValue($0)]
    },
    Layout("a model and its average", at: "model_ema") {
      ["model": PickleValue(zeroed($0)), "model_ema": PickleValue($0), "optimizer": ["state": [:]]]
    },
    Layout("BasicSR", at: "params_ema") { ["params": PickleValue(zeroed($0)), "params_ema": PickleValue($0)] },
    Layout("mmsegmentation", at: "state_dict") {
      ["meta": ["epoch": 3, "CLASSES": ["a", "b"]], "state_dict": PickleValue($0), "optimizer": ["state": [:]]]
    },
    Layout("Catalyst", at: "model_state_dict") { ["model_state_dict": PickleValue($0), "epoch": 1] },
    Layout("MONAI and nnU-Net", at: "network_weights") { ["network_weights": PickleValue($0), "init_args": [:]] },
    Layout("an adversarial trainer", at: "generator") {
      ["generator": PickleValue($0), "discriminator": PickleValue(["conv.weight": .ones([9])])]
    },
    Layout("the same weights twice", at: "best") { ["best": PickleValue($0), "last": PickleValue($0)] },
    Layout("deep in a trainer's file", at: "trainer / state / net") {
      ["trainer": ["state": ["net": PickleValue($0)]]]
    },
  ]

  @Test(arguments: layouts) func `weights are found wherever a trainer keeps them`(_ layout: Layout) throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.pth")
      try Checkpoint.write(layout.build(state), to: url)
      let weights = try Checkpoint.readWeights(from: url, for: net)
      #expect(weights.place == layout.place)
      #expect(weights.state.keys == state.keys)
      try net.load(weights.state)
      for (name, tensor) in state.entries { #expect(net.stateDictionary[name]?.equals(tensor) == true, "\(name)") }
    }
  }

  /// Files: Tests/Fixtures/checkpoints/make_trainers.py, in which the weights that are meant are 1, 2, 3, ...
  @Test(arguments: [
    ("half.pth", ""), ("bfloat16.pth", ""), ("compiled.pth", " from '_orig_mod.'"),
    ("averaged_model.pth", " from 'ema / module.', the averaged weights (the others are in 'model')"),
    ("timm.pth.tar", " from 'state_dict_ema', the averaged weights (the others are in 'state_dict')"),
    ("lightning.ckpt", " from 'state_dict / model.'"),
  ]) func `files of trainers load, averages first and at any precision`(_ name: String, _ origin: String) throws {
    let weights = try Checkpoint.readWeights(from: checkpointFixture("trainers/\(name)"), for: net)
    #expect(weights.origin == origin)
    for evaluated in [false, true] {
      let net = Net()
      if evaluated { try net.share(weights.state) } else { try net.load(weights.state) }
      for (index, (name, tensor)) in net.namedState.enumerated() {
        let isCounter = name.hasSuffix("num_batches_tracked")
        #expect(tensor.dtype == (isCounter ? .int64 : .float32), "\(name)")
        #expect(tensor.equals(.full(tensor.shape, Double(index + 1), dtype: tensor.dtype)), "\(name)")
      }
    }
  }

  /// PyTorch before 0.4.1 wrote none; the network's then begin at 0, also where it was built without first values.
  @Test func `states without counters of batches load`() throws {
    let old = state.renamed { $0.hasSuffix("num_batches_tracked") ? nil : $0 }
    let other = withoutInitialization { Net() }
    try other.share(NetworkWeights(in: PickleValue(old), file: "a.pth", shapes: other.stateShapes).state)
    #expect(other.stateDictionary["norm.num_batches_tracked"]?.item == 0)
    try net.load(old)
  }

  @Test func `two networks of the same kind are not guessed between`() {
    let content: PickleValue = ["student": PickleValue(state), "teacher": PickleValue(Self.zeroed(state))]
    #expect(
      message { _ = try NetworkWeights(in: content, file: "a.pth", shapes: net.stateShapes) }
        == "a.pth: holds the network's weights in 2 places, 'student', 'teacher': save those that are meant in a file of "
        + "their own with torch.save, and give that")
  }

  @Test func `averages that are taken are named, and what they were taken for`() throws {
    let content: PickleValue = ["model": PickleValue(Self.zeroed(state)), "ema": PickleValue(state)]
    let weights = try NetworkWeights(in: content, file: "a.pth", shapes: net.stateShapes)
    #expect(weights.origin == " from 'ema', the averaged weights (the others are in 'model')")
  }

  @Test func `weights of another network and files without weights are told`() {
    func problem(_ content: PickleValue) -> String? {
      message { _ = try NetworkWeights(in: content, file: "a.pth", shapes: net.stateShapes) }
    }
    #expect(
      problem(["net": PickleValue(["layer1.weight": .ones([1])])])
        == "a.pth: none of the weights in it is this network's; expected names such as conv.bias, conv.weight, head.bias, "
        + "found layer1.weight in 'net'")
    #expect(problem(["epoch": 3]) == "a.pth: no weights; expected tensors, or a state_dict, found only epoch")
    #expect(problem(3) == "a.pth: no weights; expected a dictionary of tensors, found a number")
  }

  /// Everything under the prefix that is no loss must fit, because a deeper network of the family has all names of a
  /// shallower one.
  @Test func `unknown layers of the network are still refused`() throws {
    let content = Self.prefixed("model.", state, beside: ["model.conv2.weight": .ones([1]), "other": .ones([1])])
    let weights = try NetworkWeights(in: content, file: "a.pth", shapes: net.stateShapes)
    #expect(throws: StateMismatch.self) { try net.load(weights.state) }
    #expect(weights.state.keys == state.keys + ["conv2.weight"])
  }

  /// Files: Tests/Fixtures/checkpoints/make_foreign.py.
  @Test(arguments: [
    ("whole_module.pth", "it holds a whole Python object and no plain weights (what Python's net.Net makes"),
    ("trainer_with_module.pt", "torch.save(torch.load(FILE, weights_only=False)['model'].state_dict(), 'weights.pth')"),
    ("torchscript.pt", "it is a TorchScript program (torch.jit.save), not a checkpoint"),
    ("unpacked_and_zipped.pth", "records that are compressed or overlap, which PyTorch does not write; save it again"),
    ("packed.zip", "it is a zip archive with weights/last.pth in it, not a checkpoint with weights: unpack it"),
    ("arrays.npz", "it is numpy's archive of arrays (.npz)"),
    ("twice.pth", "the record module_prefix/data.pkl is there twice"),
    ("last.pth.gz", "it is a gzip archive, not a checkpoint with weights: unpack it and give the file in it"),
    ("list.pkl", "it is a Python pickle that torch.save did not write"),
  ]) func `files of other kinds are named`(_ name: String, _ expected: String) {
    let problem = message { _ = try Checkpoint.readWeights(from: checkpointFixture("foreign/\(name)"), for: net) }
    #expect(problem?.contains(expected) == true && problem?.contains("\n") == false, "\(problem ?? "none")")
  }

  @Test(arguments: [
    ("<!DOCTYPE html><html>not found</html>", "it is a web page"), ("\n<html>", "it is a web page"),
    ("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n", "git lfs pull"),
    ("{\"weight_map\": {}}", "the index of weights in several files"), ("BZh9", "a bzip2 archive"),
    ("\u{8}\u{7}\u{12}\u{7}pytorch", "an ONNX graph"),
  ]) func `files of other kinds are named by their first bytes`(_ content: String, _ expected: String) throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.pth")
      try Data(content.utf8).write(to: url)
      #expect(message { _ = try Checkpoint.read(from: url) }?.contains(expected) == true)
      try (Data([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]) + Data(count: 600)).write(to: url)
      #expect(message { _ = try Checkpoint.read(from: url) }?.contains("an HDF5 file") == true)
    }
  }

  @Test(.timeLimit(.minutes(10)), arguments: ["a.pth", "a.safetensors", "a.npy"])
  func `a pipe is refused at once`(_ name: String) throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: name)
      #expect(mkfifo(url.path, 0o600) == 0)
      let problem = message {
        if name == "a.npy" {
          _ = try Npy.read(url)
        } else if name == "a.safetensors" {
          _ = try StateDictionary(safetensors: url)
        } else {
          _ = try Checkpoint.read(from: url)
        }
      }
      #expect(problem == "cannot read \(url.path): it is not a file")
    }
  }
}
