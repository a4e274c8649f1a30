import Foundation
import TestSupport
import Testing
import Torch

/// Pickles made by hand, in files of the old format.
@Suite struct PickleReaderTests {
  private func read(_ pickle: [UInt8], rest: [UInt8] = [0x80, 2, 0x5D, 0x2E]) throws -> PickleValue {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.pth")
      try legacyCheckpoint(pickle: pickle, rest: rest).write(to: url)
      return try Checkpoint.read(from: url)
    }
  }

  private func problem(_ pickle: [UInt8]) -> String { message { _ = try read(pickle) } ?? "read" }

  private static let stop = Array(".".utf8)
  private static func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }
  private static func text(_ text: String) -> [UInt8] { [0x58, UInt8(text.utf8.count), 0, 0, 0] + Array(text.utf8) }

  /// pickle.dumps(x, 2) where x.__reduce__ returns (os.system, ("touch ...",)), and its like.
  @Test(arguments: [
    ("posix", "system"), ("os", "system"), ("nt", "system"), ("subprocess", "Popen"), ("builtins", "eval"),
    ("__builtin__", "exec"), ("builtins", "__import__"), ("runpy", "_run_code"), ("os.path", "join"),
    ("operator", "attrgetter"), ("pickle", "loads"), ("socket", "socket"),
  ])
  func namesHostileFunctions(module: String, name: String) throws {
    try withTemporaryFolder { folder in
      let witness = folder.appendingPathComponent("ran").path
      let command = Self.text("touch \(witness)")
      let pickle: [UInt8] = [0x80, 2] + Self.global(module, name) + command + [0x85, 0x52] + Self.stop
      let url = folder.appendingPathComponent("a.pth")
      try legacyCheckpoint(pickle: pickle).write(to: url)
      #expect(
        message { _ = try Checkpoint.read(from: url) }
          == "\(url.path): the file is hostile: it asks Python for \(module).\(name), which could run anything; "
          + "nothing of it was run")
      #expect(try files(in: folder) == ["a.pth"])
      // The same name in protocol 4, and in the way objects are made.
      let stacked = [0x80, 4] + Self.text(module) + Self.text(name) + [0x93, 0x29, 0x81] + Self.stop
      #expect(problem(stacked).contains("\(module).\(name)"))
    }
  }

  @Test func neverCallsWhatItDoesNotKnow() throws {
    let pickle: [UInt8] = [0x80, 2] + Self.global("my.net", "Net") + [0x29, 0x81, 0x7D, 0x62] + Self.stop
    guard case .opaque(let what) = try read(pickle) else {
      Issue.record("opaque")
      return
    }
    #expect(what == "what Python's my.net.Net makes, which is not run here")
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.pth")
      try legacyCheckpoint(pickle: pickle).write(to: url)
      #expect(
        message { _ = try Checkpoint.readState(from: url) }
          == "\(url.path): it holds a whole Python object and no plain weights (\(what)); save the weights alone in "
          + "Python: torch.save(torch.load(FILE, weights_only=False).state_dict(), 'weights.pth')")
    }
  }

  struct Refusal: Sendable {
    let pickle: [UInt8]
    let problem: String

    init(_ pickle: [UInt8], _ problem: String) {
      self.pickle = pickle
      self.problem = problem
    }
  }

  static let refusals = [
    Refusal([0x80, 9, 0x4E], "protocol 9"),
    Refusal([0x69], "instruction 0x69 is not allowed"),
    Refusal([0x6F], "instruction 0x6f is not allowed"),
    Refusal([0x82, 1], "instruction 0x82 is not allowed"),
    Refusal([0x52], "a value is missing"),
    Refusal([0x30], "a value is missing"),
    Refusal([0x4E, 0x28, 0x85], "a value is missing"),
    Refusal([0x74], "a mark is missing"),
    Refusal([0x68, 5], "value 5 is used before it is there"),
    Refusal([0x7D, 0x28, 0x4E, 0x75], "a key without a value"),
    Refusal([0x4E, 0x4E, 0x61], "elements for something that is not a list"),
    Refusal([0x4E, 0x29, 0x52], "a call of something that is not a function"),
    Refusal([0x58, 0xFF, 0xFF, 0xFF, 0x7F], "truncated"),
    Refusal([0x8D, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "truncated"),
    Refusal([0x8B, 0xFF, 0xFF, 0xFF, 0xFF], "truncated"),
    Refusal([0x58, 1, 0, 0, 0, 0xFF], "not UTF-8"),
    Refusal([0x5D, 0x71, 0, 0x68, 0, 0x61], "a value that contains itself"),
    Refusal(
      Array(repeating: 0x5D, count: 300) + Array(repeating: 0x61, count: 299), "nested more than 100 deep"),
  ]

  @Test(arguments: refusals) func `bad pickles are refused`(_ refusal: Refusal) throws {
    let problem = problem(refusal.pickle + Self.stop)
    #expect(problem.contains(refusal.problem) && !problem.contains("\n"), "\(problem)")
  }

  /// A list of two references to a list of two references to ...: small in the file, 2^60 values when walked.
  @Test func refusesListsThatMultiply() throws {
    var pickle: [UInt8] = [0x80, 2, 0x5D]
    for place in 0..<60 as Range<UInt8> { pickle += [0x71, place, 0x5D, 0x68, place, 0x61, 0x68, place, 0x61] }
    #expect(problem(pickle + Self.stop).contains("more than 16777216 values"))
  }

  /// Lists by the hundred thousand, each in the last: neither reading nor freeing may exhaust the call stack.
  @Test func survivesDeepNesting() throws {
    let top: [UInt8] = [0x80, 2, 0x5D, 0x71, 0]
    let level: [UInt8] = [0x5D, 0x71, 1, 0x61, 0x68, 1]
    let pickle = top + Array(repeatElement(level, count: 200_000).joined()) + [0x68, 0] + Self.stop
    #expect(problem(pickle).contains("nested more than 100 deep"))
  }

  /// Small files whose calls copy a long list, tuple or text again and again: they would take minutes and gigabytes.
  @Test(
    .timeLimit(.minutes(10)),
    arguments: [
      ("list", "OrderedDict"), ("tuple", "_rebuild_tensor_v2"), ("text", "encode"), ("key", "dict"),
      ("bytes", "scalar"),
      ("globals", "names"),
    ]) func `copies count as values`(_ long: String, _ function: String)
  {
    func int(_ value: Int) -> [UInt8] { [0x4A] + withUnsafeBytes(of: Int32(value).littleEndian, Array.init) }
    func repeated(_ bytes: [UInt8], _ count: Int) -> [UInt8] { Array(repeatElement(bytes, count: count).joined()) }
    let count = 100_000
    let longText: [UInt8] =
      [0x58] + withUnsafeBytes(of: UInt32(count).littleEndian, Array.init) + repeated([0x61], count)
    // The long value is the memo's 0, the function its 1; then calls, each dropped again.
    let pickle: [UInt8]
    switch long {
    case "list":
      pickle =
        [0x4E, 0x4E, 0x86, 0x71, 2, 0x30, 0x5D, 0x71, 0, 0x28] + repeated([0x68, 2], count) + [0x65, 0x30]
        + Self.global("collections", "OrderedDict") + [0x71, 1, 0x30]
        + repeated([0x68, 1, 0x68, 0, 0x85, 0x52, 0x30], 20_000)
    case "tuple":
      let storage =
        [0x28] + Self.text("storage") + Self.global("torch", "FloatStorage") + Self.text("s") + Self.text("cpu")
        + int(4)
        + [0x74, 0x51, 0x71, 2, 0x30]
      pickle =
        [0x28] + repeated([0x4B, 0], count) + [0x74, 0x71, 0, 0x30] + storage
        + Self.global("torch._utils", "_rebuild_tensor_v2") + [0x71, 1, 0x30]
        + repeated([0x68, 1, 0x28, 0x68, 2, 0x4B, 0, 0x68, 0, 0x68, 0, 0x74, 0x52, 0x30], 20_000)
    case "text":
      pickle =
        longText + [0x71, 0, 0x30] + Self.global("_codecs", "encode") + [0x71, 1, 0x30]
        + repeated([0x68, 1, 0x68, 0, 0x85, 0x52, 0x30], 20_000)
    case "key":
      pickle =
        longText + [0x71, 0, 0x30, 0x5D, 0x28] + repeated([0x7D, 0x68, 0, 0x4E, 0x73], 50_000) + [0x65]
    case "bytes":
      let longBytes: [UInt8] = [0x42] + longText.dropFirst()
      pickle =
        longBytes + [0x71, 0, 0x30] + Self.global("numpy", "dtype") + Self.text("f8") + [0x85, 0x52, 0x71, 2, 0x30]
        + Self.global("numpy.core.multiarray", "scalar") + [0x71, 1, 0x30]
        + repeated([0x68, 1, 0x68, 2, 0x68, 0, 0x86, 0x52, 0x30], 50_000)
        + [0x58, 0xFF, 0, 0, 0]  // cut: nothing was copied
    default:
      pickle = longText + [0x71, 0, 0x30] + repeated([0x68, 0, 0x68, 0, 0x93, 0x30], 20_000)
    }
    let expected = [
      "list": "copies more than 16777216 values", "tuple": "_rebuild_tensor_v2 with other arguments",
      "text": "copies more than 16777216 values", "key": "a key of 100000 bytes", "bytes": "truncated",
      "globals": "a name of thousands of characters",
    ]
    let problem = problem([0x80, 4] + pickle + Self.stop)
    #expect(problem.contains(expected[long]!) && problem.count < 2000, "\(problem)")
  }

  @Test func `offsets at the end of the numbers are refused`() {
    let storage =
      [0x28] + Self.text("storage") + Self.global("torch", "FloatStorage") + Self.text("s") + Self.text("cpu")
      + [0x4B, 4, 0x74, 0x51]
    // A scalar, whose offset is the largest 64-bit integer.
    let offset: [UInt8] = [0x8A, 8] + Array(repeating: 0xFF, count: 7) + [0x7F]
    let tensor =
      Self.global("torch._utils", "_rebuild_tensor_v2") + [0x28] + storage + offset + [
        0x29, 0x29, 0x89, 0x4E, 0x74, 0x52,
      ]
    #expect(problem([0x80, 2] + tensor + Self.stop).contains("goes beyond its storage"))
  }

  /// torch._utils._rebuild_tensor_v2(storage of 4 floats, offset, (size, size), (stride, stride), False, ...)
  @Test(arguments: [
    (0, 2, 2, true), (0, 2, 3, false), (1, 2, 1, true), (3, 2, 1, false), (-1, 1, 1, false), (0, -1, 1, false),
    (0, 2, -1, false), (0, 2_000_000_000, 2_000_000_000, false), (0, 2_000_000_000, 0, false), (100, 0, 1, true),
  ])
  func keepsTensorsWithinTheirStorage(offset: Int, size: Int, stride: Int, fits: Bool) throws {
    func int(_ value: Int) -> [UInt8] { [0x4A] + withUnsafeBytes(of: Int32(value).littleEndian, Array.init) }
    let strides = stride == 2 || stride == 3 ? int(stride) + int(1) : int(stride) + int(stride)
    let storage =
      [0x28] + Self.text("storage") + Self.global("torch", "FloatStorage") + Self.text("s") + Self.text("cpu") + int(4)
      + [0x74, 0x51]
    let tensor =
      Self.global("torch._utils", "_rebuild_tensor_v2") + [0x28] + storage + int(offset) + int(size) + int(size)
      + [0x86] + strides + [0x86, 0x89, 0x4E, 0x74, 0x52]
    let pickle = [0x80, 2, 0x7D] + Self.text("w") + tensor + [0x73] + Self.stop
    let elements: [UInt8] = [4] + Array(repeating: 0, count: 7 + 16)
    let rest = [0x80, 2, 0x5D] + Self.text("s") + [0x61] + Self.stop + elements
    if fits {
      #expect(try read(pickle, rest: rest)["w"]?.tensor?.shape == [size, size])
    } else {
      let problem = message { _ = try read(pickle, rest: rest) } ?? "read"
      #expect(problem.contains("'w': a tensor") && !problem.contains("\n"), "\(problem)")
    }
  }
}
