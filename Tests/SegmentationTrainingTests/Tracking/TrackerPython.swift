import Foundation
import Testing

/// The Python that `make setup-trackers` makes, with TensorBoard and MLflow.
enum TrackerPython {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: ".trackers/bin")

  static let isThere = FileManager.default.isExecutableFile(atPath: folder.appending(path: "tensorboard").path)

  /// Starts a program of its folder.
  static func start(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], output: FileHandle = .nullDevice
  ) throws -> Process {
    let process = Process()
    process.executableURL = folder.appending(path: "python")
    // The threads of tests block signals, and processes inherit that. Programs name their interpreter by a path that may
    // have moved.
    let prelude =
      "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); "
      + "os.execv(sys.executable, [sys.executable] + sys.argv[1:])"
    process.arguments =
      ["-c", prelude] + (program == "python" ? [] : [folder.appending(path: program).path]) + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// Runs a script that prints JSON.
  static func json<Value: Decodable>(_ script: String, _ arguments: String..., as type: Value.Type) throws -> Value {
    let file = FileManager.default.temporaryDirectory.appending(path: "rtseg-python-\(UUID().uuidString)")
    try Data().write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = try start("python", ["-c", script] + arguments, output: FileHandle(forWritingTo: file))
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return try JSONDecoder().decode(type, from: Data(contentsOf: file))
  }
}
