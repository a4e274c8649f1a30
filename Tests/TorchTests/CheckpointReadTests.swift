import Basics
import Foundation
import TestSupport
import Testing
import Torch

/// Samples: Tests/Fixtures/checkpoints/make_samples.py.
@Suite struct CheckpointReadTests {
  static let formats = ["full.pth", "full_protocol4.pth", "full_legacy.pth", "full_legacy_protocol5.pth"]

  @Test(arguments: formats) func readsATrainingState(name: String) throws {
    let value = try Checkpoint.read(from: checkpointFixture(name))
    #expect(value["cur_epoch"]?.int == 3)
    #expect(value["best_score"]?.double == 0.625)
    guard case .none? = value["optimizer"] else {
      Issue.record("the optimizer is None")
      return
    }
    let scheduler = try #require(value["scheduler"])
    #expect(scheduler["milestones"]?[30]?.int == 1 && scheduler["milestones"]?[80]?.int == 2)
    #expect(scheduler["big"]?.int == 1 << 40 && scheduler["small"]?.int == -7 && scheduler["count"]?.int == 9)
    #expect(scheduler["text"]?.string == "ü\n" && scheduler["device"]?.string == "cpu")
    #expect(scheduler["members"]?.elements?.map(\.int) == [4])
    #expect(scheduler["size"]?.elements?.map(\.int) == [2, 3])
    #expect(scheduler["flags"]?.elements?.map(\.bool) == [true, false, nil])
    if case .bytes(let bytes)? = scheduler["data"] { #expect(bytes == [0, 255]) } else { Issue.record("bytes") }
    if case .opaque(let what)? = scheduler["huge"] { #expect(what.contains("64 bits")) } else { Issue.record("2**70") }
    #expect(value["state_dict"]?.dictionary?.isOrderedDict == true)
  }

  @Test(arguments: formats) func readsTensorsOfEachTypeAndLayout(name: String) throws {
    let state = try Checkpoint.readState(from: checkpointFixture(name))
    #expect(state.keys.prefix(3) == ["float32", "float16", "bfloat16"])
    for dtype in DType.allCases {
      let tensor = try #require(state["\(dtype)"])
      #expect(tensor.dtype == dtype && tensor.shape == [2, 3])
      #expect(tensor.elements(Float.self) == (dtype == .bool ? [0, 1, 1, 1, 1, 1] : [0, 1, 2, 3, 100, 200]))
    }
    let whole = try #require(state["whole"])
    #expect(whole.elements(Float.self) == (0..<24).map(Float.init))
    #expect(state["transposed"]?.strides == [1, 4, 12] && state["transposed"]?.shape == [4, 3, 2])
    #expect(state["transposed"]?.elements(Float.self).prefix(4) == [0, 12, 4, 16])
    #expect(state["row"]?.elements(Float.self) == [20, 21, 22, 23])
    #expect(state["steps"]?.elements(Float.self) == [1, 3, 9, 11, 13, 15, 21, 23])
    #expect(state["channels_last"]?.isContiguous(.channelsLast) == true)
    #expect(state["channels_last"]?.elements(Float.self) == (0..<24).map(Float.init))
    #expect(state["expanded"]?.strides == [0, 0] && state["expanded"]?.elements(Float.self) == [5, 5, 5, 5, 5, 5])
    #expect(state["scalar"]?.shape == [] && state["scalar"]?.item == 7.5)
    #expect(state["empty"]?.shape == [0, 4])
    #expect(state["parameter"]?.elements(Float.self) == [1, 2])
    // Tied tensors stay tied.
    whole.addInPlace(1)
    #expect(state["tied"]?.elements(Float.self).last == 24 && state["row"]?.elements(Float.self) == [21, 22, 23, 24])
  }

  @Test func namesATensorOfAnotherType() throws {
    let url = checkpointFixture("other_types.pth")
    #expect(
      message { _ = try Checkpoint.readState(from: url) }
        == "\(url.path): 'a': not a weight; expected a tensor with a name, "
        + "found a tensor of ShortStorage, which is not supported")
    guard case .opaque("a tensor of torch.uint16, which is not supported")? = try Checkpoint.read(from: url)["b"] else {
      Issue.record("the type is named")
      return
    }
  }

  @Test func stripsThePrefixOfDataParallel() throws {
    let state = try Checkpoint.readState(from: checkpointFixture("module_prefix.pth"))
    #expect(
      state.keys == [
        "0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked",
      ])
  }

  @Test func toleratesAFunctionInTheScheduler() throws {
    let url = checkpointFixture("scheduler_with_function.pth")
    let value = try Checkpoint.read(from: url)
    guard case .opaque(let what)? = value["scheduler"]?["anneal_func"] else {
      Issue.record("the function is opaque")
      return
    }
    #expect(what.contains("getattr"))
    #expect(value["scheduler"]?["total_steps"]?.int == 100)
    #expect(try Checkpoint.readState(from: url).keys == ["full_conv.up_conv.0.bias"])
  }

  @Test func readsANetworkOfTheReference() throws {
    try checkNorms(
      Checkpoint.readState(from: checkpointFixture("fssnet_legacy.pth")), checkpointFixture("fssnet_state_l2.json"))
  }

  static let reference = ProcessInfo.processInfo.environment["RTSEG_REFERENCE"].map(URL.init(fileURLWithPath:))

  @Test(
    .enabled(if: reference != nil),
    arguments: ["fssnet_last.pth", "fssnet_legacy.pth", "fssnet_state_dict.pth", "fssnet_module_prefix.pth"])
  func readsTheReference(name: String) throws {
    let url = CheckpointReadTests.reference!.appendingPathComponent("checkpoints/\(name)")
    try checkNorms(Checkpoint.readState(from: url), checkpointFixture("fssnet_state_l2.json"))
  }

  @Test(.enabled(if: reference != nil)) func readsTheReferencesAverages() throws {
    let folder = CheckpointReadTests.reference!
    let training = try JSONSerialization.jsonObject(
      with: Data(contentsOf: folder.appendingPathComponent("training.json")))
    let expected = try #require((training as? [String: Any])?["checkpoints"] as? [String: Any])
    let best = folder.appendingPathComponent("checkpoints/fssnet_best.pth")
    try checkNorms(Checkpoint.readState(from: best), try #require(expected["ema_l2"] as? [String: Double]))
    let last = try Checkpoint.read(from: folder.appendingPathComponent("checkpoints/fssnet_last.pth"))
    let moments = try #require(last["optimizer"]?["state"]?.dictionary)
    for (name, norms) in [("exp_avg", "exp_avg_l2"), ("exp_avg_sq", "exp_avg_sq_l2")] {
      let norms = try #require(expected[norms] as? [Double])
      for (index, norm) in norms.enumerated() {
        let found = try #require(moments[.int(index)]?[.string(name)]?.tensor).to(dtype: .float64).norm().item
        #expect(abs(found - norm) <= 1e-9 * norm, "\(name) \(index)")
      }
    }
  }

  private func checkNorms(_ state: StateDictionary, _ file: URL) throws {
    try checkNorms(state, try JSONDecoder().decode([String: Double].self, from: Data(contentsOf: file)))
  }

  private func checkNorms(_ state: StateDictionary, _ expected: [String: Double]) throws {
    #expect(Set(state.keys) == Set(expected.keys))
    for (name, tensor) in state.entries {
      let norm = try #require(expected[name])
      #expect(abs(tensor.to(dtype: .float64).norm().item - norm) <= 1e-9 * norm, "\(name)")
    }
  }

  @Test(arguments: formats + ["module_prefix.pth"]) func refusesEveryTruncation(name: String) throws {
    let whole = try Data(contentsOf: checkpointFixture(name))
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.pth")
      for count in stride(from: 0, to: whole.count, by: 7) {
        try whole.prefix(count).write(to: url)
        #expect(throws: CheckpointError.self, "cut to \(count)") { try Checkpoint.read(from: url) }
      }
    }
  }

  /// Damaged files are refused or read as something else; they never crash.
  @Test(arguments: formats + ["dtypes.safetensors"]) func `damaged files are read or refused`(name: String) throws {
    let whole = try Data(contentsOf: checkpointFixture(name))
    var random = SplitMix64(state: 7)
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.pth")
      for _ in 0..<300 {
        var data = whole
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          data[Int.random(in: 0..<data.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        try data.write(to: url)
        do {
          _ = try Checkpoint.readState(from: url).entries.map { $0.tensor.to(dtype: .float32).contiguous() }
        } catch let error as CheckpointError {
          #expect(!error.description.contains("\n"))
        }
      }
    }
  }

  @Test func saysWhatIsNoCheckpoint() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.pth")
      #expect(message { _ = try Checkpoint.read(from: url) } == "cannot read \(url.path): No such file or directory")
      #expect(message { _ = try Checkpoint.read(from: folder) } == "cannot read \(folder.path): it is a folder")
      try Data().write(to: url)
      #expect(message { _ = try Checkpoint.read(from: url) }?.contains("the file is empty") == true)
      try Data(contentsOf: checkpointFixture("full.pth")).prefix(5000).write(to: url)
      #expect(
        message { _ = try Checkpoint.read(from: url) }
          == "\(url.path): the file is truncated or damaged: "
          + "a zip archive without a directory at its end")
      try Data("class Net: pass\n".utf8).write(to: url)
      #expect(
        message { _ = try Checkpoint.read(from: url) }
          == "\(url.path): not a checkpoint, or one cut at its start; "
          + "expected a checkpoint of PyTorch (.pth) or PaddlePaddle (.pdparams), or safetensors")
    }
  }
}
