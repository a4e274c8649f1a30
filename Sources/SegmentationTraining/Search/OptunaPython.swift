import Foundation

/// The Python interpreter that has Optuna.
package struct OptunaPython: Sendable, Equatable {
  package let path: String
  /// The longest time to wait for an answer from Optuna. It is long because a database may be locked or a machine busy.
  package var patience = Duration.seconds(180)

  package init(path: String) { self.path = path }

  /// Advice for someone who lacks Optuna.
  static let advice = "run make setup-search, or name a python that has it with RTSEG_PYTHON"

  /// Finds the interpreter: the one that `RTSEG_PYTHON` names; or the environment `.search`, which `make setup-search`
  /// creates, in the current folder or beside the program; or the system's own.
  /// - Throws: `SearchError` if there is no interpreter.
  package static func find(environment: [String: String], program: URL) throws(SearchError) -> OptunaPython {
    let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
    if let chosen = environment["RTSEG_PYTHON"], !chosen.isEmpty {
      let candidates = chosen.contains("/") ? [chosen] : folders.map { "\($0)/\(chosen)" }
      guard let path = candidates.first(where: isProgram) else {
        throw SearchError(
          "RTSEG_PYTHON: \(chosen) is not a program; name a python that has optuna, or unset RTSEG_PYTHON and run make setup-search"
        )
      }
      return OptunaPython(path: path)
    }
    var candidates = [FileManager.default.currentDirectoryPath]
    var folder = program.resolvingSymlinksInPath().deletingLastPathComponent()
    for _ in 0..<4 {  // .build/x86_64-unknown-linux-gnu/release
      candidates.append(folder.path)
      folder = folder.deletingLastPathComponent()
    }
    let path = (candidates.map { "\($0)/.search/bin/python3" } + folders.map { "\($0)/python3" }).first(
      where: isProgram)
    guard let path else {
      throw SearchError("the search needs python3 with Optuna, and there is no python3 in PATH: \(advice)")
    }
    return OptunaPython(path: path)
  }

  private static func isProgram(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
      && FileManager.default.isExecutableFile(atPath: path)
  }
}
