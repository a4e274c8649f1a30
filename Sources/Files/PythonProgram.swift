import Foundation

/// The search for a Python interpreter that has certain packages.
package enum PythonProgram {
  /// The variable that names an interpreter.
  package static let variable = "RTSEG_PYTHON"

  /// The reason why there is no interpreter.
  package enum Failure: Error, Equatable {
    /// The variable names something that is no program.
    case notAProgram(String)
    /// There is no interpreter at all.
    case missing
  }

  /// Finds the interpreter: the one that `RTSEG_PYTHON` names; or the one of an environment in the current folder or
  /// beside the program; or the system's own.
  /// - Parameters:
  ///   - folder: The name of the environment's folder, such as `.search`.
  ///   - environment: The variables of the process.
  ///   - program: The running program.
  package static func find(
    environmentFolder folder: String, environment: [String: String], program: URL
  ) throws(Failure) -> String {
    let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
    if let chosen = environment[variable], !chosen.isEmpty {
      let candidates = chosen.contains("/") ? [chosen] : folders.map { "\($0)/\(chosen)" }
      guard let path = candidates.first(where: isProgram) else { throw .notAProgram(chosen) }
      return path
    }
    var candidates = [FileManager.default.currentDirectoryPath]
    var place = program.resolvingSymlinksInPath().deletingLastPathComponent()
    for _ in 0..<4 {  // .build/x86_64-unknown-linux-gnu/release
      candidates.append(place.path)
      place = place.deletingLastPathComponent()
    }
    let paths = candidates.map { "\($0)/\(folder)/bin/python3" } + folders.map { "\($0)/python3" }
    guard let path = paths.first(where: isProgram) else { throw .missing }
    return path
  }

  private static func isProgram(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
      && FileManager.default.isExecutableFile(atPath: path)
  }
}
