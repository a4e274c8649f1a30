import Foundation
import Torch

/// The files under Tests/Fixtures/checkpoints.
func checkpointFixture(_ name: String) -> URL {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/checkpoints/\(name)")
}

/// [0, 1, 2], [3, 100, 200] in each element type (booleans: 0 and else).
func tensorOfEachType() -> StateDictionary {
  StateDictionary(
    DType.allCases.map { ("\($0)", Tensor([0, 1, 2, 3, 100, 200] as [Float], shape: [2, 3]).to(dtype: $0)) })
}

/// A file in PyTorch's old format that holds a hand-made pickle and no storages.
func legacyCheckpoint(pickle: [UInt8], rest: [UInt8] = [0x80, 2, 0x5D, 0x2E]) -> Data {
  let magic: [UInt8] = [0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
  let version: [UInt8] = [0x80, 2, 0x4D, 0xE9, 0x03, 0x2E]
  let system: [UInt8] = [0x80, 2, 0x7D, 0x2E]
  return Data(magic + version + system + pickle + rest)
}
