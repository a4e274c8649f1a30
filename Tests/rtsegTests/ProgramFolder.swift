import Foundation
import SegmentationImage
import TestSupport
import Torch

/// A folder for the files of a test, removed with it.
final class ProgramFolder: Sendable {
  let url = FileManager.default.temporaryDirectory.appending(path: "rtseg-program-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appending(path: name).path }

  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(at: url.appending(path: name), withIntermediateDirectories: true)
  }

  /// Writes a picture of one color, as PNG or JPEG by its name.
  func writeImage(_ name: String, _ color: RGB = RGB(90, 120, 30)) throws {
    try makeFolder((name as NSString).deletingLastPathComponent)
    try Image(height: 37, width: 61, filledWith: color).write(to: url.appending(path: name))
  }

  /// Draws street scenes of 64x96 pixels with their labels into `scenes`.
  func drawScenes(_ count: Int) throws {
    let drawn = try Program.run(
      "data", "synthesize", "--output", path("scenes"), "--count", "\(count)", "--size", "64x96")
    guard drawn.status == 0 else { throw ProgramFailure(errors: drawn.errors) }
  }

  /// The failure of a program that should have done its work, with what it said.
  struct ProgramFailure: Error { let errors: String }

  /// The paths of all files and links below a folder.
  func tree(_ name: String) -> [String] {
    (FileManager.default.subpaths(atPath: path(name)) ?? []).filter {
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: path("\(name)/\($0)"), isDirectory: &isFolder)
        && !isFolder.boolValue
    }.sorted()
  }

  /// Writes a network's weights by the formula, as safetensors.
  @discardableResult
  func writeWeights(of network: String, to name: String) throws -> ModelFixture {
    let fixture = try ModelFixture(network)
    var state = StateDictionary()
    for entry in fixture.entries {
      let tensor = Tensor.zeros(entry.shape, dtype: entry.fill == .zero ? .int64 : .float32)
      Formula.fill(tensor, key: entry.key, as: entry.fill)
      state[entry.key] = tensor
    }
    try state.writeSafetensors(to: url.appending(path: name))
    return fixture
  }
}
