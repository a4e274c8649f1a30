import Foundation
import SegmentationBenchmark
import Testing

/// The built program, run as a user runs it.
struct Program {
  struct Result: Equatable {
    let status: Int32
    let output: String
    let errors: String

    /// The lines of the errors.
    var errorLines: [Substring] { errors.split(separator: "\n") }
  }

  /// Beside the tests' own bundle.
  static let url = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "rtseg")

  static func run(_ arguments: String...) throws -> Result { try run(arguments) }

  /// Runs a script of bash, which finds the program as `$RTSEG`.
  static func shell(_ script: String) throws -> Result {
    try run(["-c", script], of: URL(filePath: "/bin/bash"), environment: ["RTSEG": url.path])
  }

  static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Result {
    try run(arguments, of: url, environment: environment)
  }

  private static func run(_ arguments: [String], of program: URL, environment: [String: String]) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "rtseg-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    // Files, not pipes: nothing has to be drained while the program runs.
    let files = ["out", "err"].map { folder.appending(path: $0) }
    for file in files { try Data().write(to: file) }
    let process = try start(
      arguments, of: program, environment: environment, output: FileHandle(forWritingTo: files[0]),
      errors: FileHandle(forWritingTo: files[1]))
    process.waitUntilExit()
    let texts = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
    return Result(status: process.terminationStatus, output: texts[0], errors: texts[1])
  }

  static func start(
    _ arguments: [String], of program: URL = url, environment: [String: String] = [:],
    output: FileHandle = .nullDevice, errors: FileHandle = .nullDevice
  ) throws -> Process {
    try ChildProcess.start(program, arguments, environment: environment, output: output, errors: errors)
  }
}
