import Foundation
import TestSupport
import Testing
import Torch

@Suite struct SafetensorsTests {
  /// Made by Tests/Fixtures/checkpoints/make_samples.py.
  @Test func readsWhatThePythonLibraryWrote() throws {
    let (tensors, metadata) = try Safetensors.read(checkpointFixture("dtypes.safetensors"))
    #expect(metadata == ["made by": "safetensors"])
    #expect(
      tensors.keys == [
        "int64", "float64", "empty", "float32", "scalar", "int32", "bfloat16", "float16", "uint8", "bool",
      ])
    for dtype in DType.allCases where dtype != .bool {
      let tensor = try #require(tensors["\(dtype)"])
      #expect(tensor.dtype == dtype && tensor.shape == [2, 3])
      #expect(tensor.elements(Float.self) == [0, 1, 2, 3, 100, 200])
    }
    #expect(tensors["bool"]?.elements(Bool.self) == [false, true, true, true, true, true])
    #expect(tensors["scalar"]?.shape == [] && tensors["scalar"]?.item == 7.5)
    #expect(tensors["empty"]?.shape == [0, 4])
  }

  @Test func writesWhatItReads() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.safetensors")
      var state = tensorOfEachType()
      let large = Tensor.range(24, dtype: .float32).reshape([1, 2, 3, 4])
      state["transposed \"ü/\""] = large.transpose(1, 3)
      state["channels last"] = large.contiguous(.channelsLast)
      state["scalar"] = Tensor(scalar: 2)
      try state.writeSafetensors(to: url, metadata: ["epoch": "3", "note": "a\nb"])
      let (read, metadata) = try Safetensors.read(url)
      #expect(metadata == ["epoch": "3", "note": "a\nb"])
      #expect(Set(read.keys) == Set(state.keys))
      for (name, tensor) in state.entries {
        #expect(read[name]?.dtype == tensor.dtype && read[name]?.equals(tensor) == true, "\(name)")
      }
      #expect(try files(in: folder) == ["a.safetensors"])
    }
  }

  @Test(arguments: [
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 8, nil),
    (#"{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}"#, 8, "'a': unsupported element type"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 7, "'a': data lies outside the file"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 9, "data that belongs to no tensor"),
    (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8, "'a': data does not fit the shape [3]"),
    (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8, "'a': data does not fit the shape [-2]"),
    (
      #"{"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,8]}}"#, 8,
      "expected a possible shape"
    ),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12, "'a': data overlaps or leaves a gap"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8, "'a': data overlaps or leaves a gap"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, 8, "'a': data overlaps or leaves a gap"),
    (
      #"{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#, 8,
      "'b': data overlaps or leaves a gap"
    ),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,99999999999999999999]}}"#, 8, "header is not as specified"),
    (#"{"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}"#, 8, "header is not as specified (at a / shape"),
    (#"{"a":{"shape":[2],"data_offsets":[0,8]}}"#, 8, "header is not as specified (at a / dtype"),
    (#"{"a":{"dtype":"BOOL","shape":[8],"data_offsets":[0,8]}}"#, 8, "'a': not a boolean; expected 0 or 1, found 7"),
    (#"{"a":"#, 8, "header is not as specified"),
  ])
  func checksTheHeader(text: String, dataCount: Int, problem: String?) throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.safetensors")
      let length = withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { Data($0) }
      try (length + Data(text.utf8) + Data(repeating: 7, count: dataCount)).write(to: url)
      let message = message { _ = try Safetensors.read(url) }
      if let problem {
        #expect(
          message?.hasPrefix(url.path + ": ") == true && message?.contains(problem) == true, "\(message ?? "read")")
      } else {
        #expect(message == nil)
      }
    }
  }

  @Test func refusesEveryTruncation() throws {
    let whole = try Data(contentsOf: checkpointFixture("dtypes.safetensors"))
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.safetensors")
      for count in 0..<whole.count {
        try whole.prefix(count).write(to: url)
        #expect(throws: CheckpointError.self, "cut to \(count)") { try StateDictionary(safetensors: url) }
      }
    }
  }

  @Test func namesAMissingFile() {
    let url = URL(fileURLWithPath: "/nowhere/a.safetensors")
    #expect(
      message { _ = try StateDictionary(safetensors: url) } == "cannot read \(url.path): No such file or directory")
    #expect(
      message { try StateDictionary().writeSafetensors(to: url) }
        == "cannot write \(url.path): No such file or directory")
  }
}
