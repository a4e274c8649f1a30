import Foundation
import TestSupport
import Testing
import Torch

@Suite struct NpyTests {
  /// Made by Tests/Fixtures/checkpoints/make_samples.py.
  @Test func readsWhatNumpyWrote() throws {
    let array = try Npy.read(checkpointFixture("f4.npy"))
    #expect(array.dtype == .float32 && array.shape == [1, 2, 3])
    #expect(array.elements(Float.self) == [0, 1, 2, 3, 4, 5])
    let second = try Npy.read(checkpointFixture("version2.npy"))
    #expect(second.dtype == .int64 && second.elements(Int.self) == [0, 1, 2])
    #expect(
      message { _ = try Npy.read(checkpointFixture("fortran.npy")) }?
        .contains("the array is in Fortran order; save it with numpy.ascontiguousarray") == true)
  }

  @Test func writesWhatNumpyWrites() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.npy")
      try Npy.write(Tensor([0, 1, 2, 3, 4, 5] as [Float], shape: [1, 2, 3]), to: url)
      #expect(try Data(contentsOf: url) == Data(contentsOf: checkpointFixture("f4.npy")))
    }
  }

  @Test func writesWhatItReads() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.npy")
      let others = [Tensor(scalar: 3), Tensor.zeros([0, 2]), Tensor.range(6).reshape([2, 3]).transpose(0, 1)]
      for tensor in tensorOfEachType().entries.map(\.tensor) + others where tensor.dtype != .bfloat16 {
        try Npy.write(tensor, to: url)
        let read = try Npy.read(url)
        #expect(read.dtype == tensor.dtype && read.equals(tensor), "\(tensor)")
      }
      #expect(message { try Npy.write(Tensor.zeros([1], dtype: .bfloat16), to: url) }?.contains("float32") == true)
    }
  }

  @Test(arguments: [
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 8, nil),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 7, "the file is truncated or damaged"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 9, "the file is truncated or damaged"),
    ("{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }", 8, "unsupported element type"),
    (
      "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", 8,
      "expected <f4, <f8, <f2, |u1, <i4, <i8, |b1, found <c8"
    ),
    ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", 8, "not an array of plain numbers"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", 8, "an impossible shape"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", 8, "an impossible shape"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296,), }", 8, "the file is truncated or damaged"),
  ])
  func checksTheHeader(header: String, dataCount: Int, problem: String?) throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.npy")
      let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0]
      try (Data(start) + Data(header.utf8) + Data(count: dataCount)).write(to: url)
      let message = message { _ = try Npy.read(url) }
      if let problem {
        #expect(message?.contains(problem) == true, "\(message ?? "read")")
      } else {
        #expect(message == nil)
      }
    }
  }

  @Test func saysWhatIsNoArray() throws {
    #expect(
      message { _ = try Npy.read(checkpointFixture("full.pth")) }
        == checkpointFixture("full.pth").path + ": not a numpy array file (.npy)")
  }
}
