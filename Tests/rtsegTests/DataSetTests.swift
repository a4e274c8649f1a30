import Foundation
import SegmentationImage
import TestSupport
import Testing

/// Data sets as the program meets them.
@Suite final class DataSetTests {
  let folder = FileManager.default.temporaryDirectory.appending(path: "rtseg-sets-\(UUID().uuidString)")

  init() throws {
    for name in ["images/street", "masks"] {
      try FileManager.default.createDirectory(at: folder.appending(path: name), withIntermediateDirectories: true)
    }
    for number in 0..<6 {
      var image = Image(height: 64, width: 64)
      var mask = Mask(height: 64, width: 64)
      for x in 0..<64 {
        for y in 0..<64 {
          image[x, y] = RGB(UInt8(4 * x), UInt8(4 * y), UInt8(40 * number))
          mask[x, y] = x < 32 ? 0 : 1
        }
      }
      try image.write(to: folder.appending(path: "images/\(number).png"))
      try mask.write(to: folder.appending(path: "masks/\(number)_L.png"))
    }
    try Data().write(to: folder.appending(path: "images/scan.gif"))
    try card("masks: {folder: masks, suffix: _L.png}")
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func card(_ masks: String) throws {
    let card = """
      classes: [{name: left, color: [200, 0, 0]}, {name: right, color: [0, 200, 0]}]
      map: {0: left, 1: right}
      splits: {train: {images: images, \(masks)}}
      """
    try Data(card.utf8).write(to: folder.appending(path: "card.yaml"))
  }

  /// The folder's path from the current one.
  private var relativePath: String {
    let here = FileManager.default.currentDirectoryPath
    return here.split(separator: "/").map { _ in ".." }.joined(separator: "/") + folder.path
  }

  @Test func `check says what the folders hold beside images`() throws {
    let result = try Program.run("data", "check", "--dataset", folder.appending(path: "card.yaml").path)
    #expect(
      result.output.contains(
        "/images: left out 1 folder and 1 .gif file (only PNG, JPEG, TIFF, WebP and BMP are read)\n"),
      "\(result.output)\(result.errors)")
  }

  @Test func `a run trains by a share, says what it left out and keeps paths that are found from anywhere`() throws {
    let run = folder.appending(path: "run")
    let result = try Program.run(
      "train", "--model", "fastscnn", "--dataset", "\(relativePath)/card.yaml", "--epochs", "1", "--batch-size", "2",
      "--crop-size", "64x64", "--device", "cpu", "--threads", "1", "--set", "data.validation_share=0.34", "--output",
      run.path)
    #expect(result.status == 0, "\(result.errors)")
    let log = try String(contentsOf: run.appending(path: "log.txt"), encoding: .utf8)
    #expect(log.contains("4 training and 2 validation images"))
    #expect(log.contains("/images: left out 1 folder and 1 .gif file (only PNG, JPEG, TIFF, WebP and BMP are read)\n"))
    let configuration = try String(contentsOf: run.appending(path: "config.yaml"), encoding: .utf8)
    let line = try #require(configuration.split(separator: "\n").first { $0.contains("dataset: ") })
    #expect(line.hasPrefix("  dataset: /") && line.hasSuffix("/card.yaml"))
    #expect(configuration.contains("validation_share: 0.34"))
  }

  @Test func `without validation images, and with other names, the ways out are named in one line`() throws {
    func train() throws -> Program.Result {
      try Program.run(
        "train", "--model", "fastscnn", "--dataset", folder.appending(path: "card.yaml").path, "--batch-size", "2",
        "--crop-size", "64x64", "--device", "cpu", "--output", folder.appending(path: "run").path)
    }
    let result = try train()
    #expect(result.status == 1 && result.errorLines.count == 1)
    #expect(result.errors.contains("no split 'val' in the card (it has train); data.validation_share (such as 0.1)"))
    try card("masks: masks")
    let other = try train()
    #expect(other.status == 1 && other.errorLines.count == 1)
    #expect(other.errors.contains("masks/0_L.png lies there: say `masks: {folder: masks, suffix: _L.png}` in the card"))
  }
}
