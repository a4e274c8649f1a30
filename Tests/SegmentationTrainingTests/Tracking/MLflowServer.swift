import Foundation
import TestSupport

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A real MLflow server, which ends with this value.
final class MLflowServer {
  struct DidNotStart: Error {}

  let address: String
  private let process: Process

  init(_ folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // A port that was free a moment ago.
    let port = LoopbackServer([:]).port
    address = "http://127.0.0.1:\(port)"
    process = try TrackerPython.start(
      "mlflow",
      [
        "server", "--host", "127.0.0.1", "--port", "\(port)", "--workers", "1", "--backend-store-uri",
        "sqlite:///\(folder.path)/mlflow.db", "--artifacts-destination", folder.appending(path: "files").path,
      ], environment: ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"])
    let health = URL(string: "\(address)/health")!
    while process.isRunning {
      if (try? Data(contentsOf: health)) == Data("OK".utf8) { return }
      usleep(200_000)
    }
    throw DidNotStart()
  }

  deinit {
    process.terminate()
    for _ in 0..<3000 where process.isRunning { usleep(10_000) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }
}
