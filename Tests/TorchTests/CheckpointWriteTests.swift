import Files
import Foundation
import TestSupport
import Testing
import Torch

@Suite struct CheckpointWriteTests {
  /// A training state with everything that can be written.
  private static func sample() -> PickleValue {
    var state = tensorOfEachType()
    let whole = Tensor.range(24, dtype: .float32).reshape([1, 2, 3, 4])
    state["whole"] = whole
    state["tied"] = whole
    state["transposed"] = whole.transpose(1, 3)
    state["part"] = whole.slice(1..<3, dimension: 3)
    state["channels last"] = whole.contiguous(.channelsLast)
    state["expanded"] = Tensor(scalar: 5).expand([2, 3])
    state["scalar"] = Tensor(scalar: 7.5)
    state["empty"] = Tensor.zeros([0, 4])
    return [
      "cur_epoch": 3, "best_score": 0.625, "state_dict": PickleValue(state),
      "optimizer": [
        "state": .dictionary(PickleDictionary([(0, ["step": .tensor(Tensor(scalar: 2))]), (1, [:])])),
        "param_groups": [
          ["lr": 1e-3, "betas": .tuple([0.9, 0.999]), "foreach": nil, "amsgrad": false, "params": [0, 1]]
        ],
      ],
      "scheduler": nil, "limits": [-1, 1_099_511_627_776, .int(.min), .int(.max), 255, 65536, -2_147_483_649],
      "text": "ü\n'\"", "data": .bytes([0, 127, 255]), "nothing": .tuple([]), "flag": true, "huge": .double(.infinity),
    ]
  }

  @Test func readsBackWhatItWrote() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.pth")
      let sample = Self.sample()
      try Checkpoint.write(sample, to: url)
      #expect(try files(in: folder) == ["a.pth"])
      let read = try Checkpoint.read(from: url)
      #expect(read["limits"]?.elements?.map(\.int) == sample["limits"]?.elements?.map(\.int))
      #expect(read["text"]?.string == "ü\n'\"" && read["flag"]?.bool == true && read["huge"]?.double == .infinity)
      #expect(read["optimizer"]?["state"]?[0]?["step"]?.double == 2)
      #expect(read["optimizer"]?["param_groups"]?.elements?.first?["betas"]?.elements?.map(\.double) == [0.9, 0.999])
      let state = try Checkpoint.readState(from: url)
      let written = try #require(sample["state_dict"]?.dictionary)
      #expect(state.keys.map(PickleKey.string) == written.keys)
      for (key, value) in written.pairs {
        guard case .string(let name) = key, let tensor = value.tensor else { continue }
        let found = try #require(state[name])
        #expect(found.dtype == tensor.dtype && found.equals(tensor) && found.strides == tensor.strides, "\(name)")
      }
      state["whole"]?.zeroInPlace()
      #expect(state["tied"]?.sum().item == 0 && state["part"]?.sum().item == 0)
    }
  }

  @Test func writesSharedMemoryOnce() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.pth")
      let tensor = Tensor.zeros([100_000])
      try Checkpoint.write(
        ["a": .tensor(tensor), "b": .tensor(tensor), "c": .tensor(tensor.reshape([100, 1000]))], to: url)
      let size = try #require(FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int)
      #expect((400_000..<410_000).contains(size))
    }
  }

  @Test func namesWhatCannotBeWritten() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.pth")
      #expect(
        message { try Checkpoint.write(["scheduler": ["anneal_func": [.opaque("a function")]]], to: url) }
          == "\(url.path): 'scheduler / anneal_func / 0': cannot be written; "
          + "expected a plain value or tensor, found a function")
      let left = try files(in: folder)
      #expect(left.isEmpty)
    }
  }

  static let python = ProcessInfo.processInfo.environment["RTSEG_PYTHON"]

  /// Asks PyTorch itself: RTSEG_PYTHON names a Python that has it.
  @Test(.enabled(if: python != nil)) func pyTorchReadsIt() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.pth")
      try Checkpoint.write(Self.sample(), to: url)
      let output = try runPython(
        """
        import collections, sys, torch
        c = torch.load(sys.argv[1], weights_only=True)
        s = c["state_dict"]
        assert type(s) is collections.OrderedDict and type(c["optimizer"]) is dict, type(s)
        types = dict(float32=torch.float32, float16=torch.float16, bfloat16=torch.bfloat16, float64=torch.float64,
                     uint8=torch.uint8, int32=torch.int32, int64=torch.int64, bool=torch.bool)
        for n, t in types.items():
          assert torch.equal(s[n], torch.tensor([[0, 1, 2], [3, 100, 200]]).to(t)), n
        w = torch.arange(24.).reshape(1, 2, 3, 4)
        assert torch.equal(s["whole"], w) and torch.equal(s["transposed"], w.transpose(1, 3))
        assert torch.equal(s["part"], w[..., 1:3]) and s["channels last"].is_contiguous(memory_format=torch.channels_last)
        assert torch.equal(s["channels last"], w) and torch.equal(s["expanded"], torch.full((2, 3), 5.))
        assert s["scalar"].item() == 7.5 and s["empty"].shape == (0, 4)
        assert s["tied"].data_ptr() == s["whole"].data_ptr()
        assert c["limits"] == [-1, 1 << 40, -2**63, 2**63 - 1, 255, 65536, -2147483649], c["limits"]
        assert c["text"] == "ü\\n'\\"" and c["data"] == b"\\x00\\x7f\\xff" and c["nothing"] == () and c["flag"] is True
        assert c["scheduler"] is None and c["cur_epoch"] == 3 and c["best_score"] == 0.625 and c["huge"] == float("inf")
        g = c["optimizer"]["param_groups"][0]
        assert g == dict(lr=1e-3, betas=(0.9, 0.999), foreach=None, amsgrad=False, params=[0, 1]), g
        assert c["optimizer"]["state"][0]["step"].item() == 2 and c["optimizer"]["state"][1] == {}
        print("good")
        """, url.path)
      #expect(output == "good\n")
    }
  }

  @Test(.enabled(if: python != nil)) func pyTorchLoadsTheStateStrictly() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.pth")
      try Checkpoint.write(PickleValue(Checkpoint.readState(from: checkpointFixture("module_prefix.pth"))), to: url)
      let output = try runPython(
        """
        import sys, torch
        m = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
        print(m.load_state_dict(torch.load(sys.argv[1], weights_only=True), strict=True))
        """, url.path)
      #expect(output == "<All keys matched successfully>\n")
    }
  }

  @Test(.enabled(if: python != nil)) func pyTorchSeesTheSameNetwork() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.pth")
      let original = checkpointFixture("fssnet_legacy.pth")
      try Checkpoint.write(Checkpoint.read(from: original), to: url)
      let output = try runPython(
        """
        import sys, torch
        a, b = (torch.load(f, weights_only=True) for f in sys.argv[1:])
        s, t = a["state_dict"], b["state_dict"]
        assert list(a) == list(b) and list(s) == list(t) and type(s) is type(t)
        assert all(torch.equal(s[k], t[k]) and s[k].dtype == t[k].dtype for k in s)
        print("same")
        """, url.path, original.path)
      #expect(output == "same\n")
    }
  }

  private func runPython(_ script: String, _ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: CheckpointWriteTests.python!)
    process.arguments = ["-c", script] + arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }

  #if os(Linux)
    /// /dev/full refuses every byte as a full disk does; the archive's writer goes through libtorch.
    @Test func saysThatTheDiskIsFull() throws {
      let descriptor = open("/dev/full", O_WRONLY)
      defer { close(descriptor) }
      #expect(
        message {
          try Checkpoint.write(
            ["w": .tensor(.zeros([1000]))], to: OutputFile(descriptor: descriptor, path: "last.pth"))
        } == "cannot write last.pth: No space left on device")
    }
  #endif
}
