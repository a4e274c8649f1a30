import Foundation
import Torch

/// The files under Tests/Fixtures/checkpoints.
func checkpointFixture(_ name: String) -> URL {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/checkpoints/\(name)")
}

/// Runs `body` with a new folder that is removed afterwards.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("torch-tests-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

func files(in folder: URL) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }

/// [0, 1, 2], [3, 100, 200] in each element type (booleans: 0 and else).
func tensorOfEachType() -> StateDictionary {
  StateDictionary(
    DType.allCases.map { ("\($0)", Tensor([0, 1, 2, 3, 100, 200] as [Float], shape: [2, 3]).to(dtype: $0)) })
}

/// What `body` throws, as its one line.
func message(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}
