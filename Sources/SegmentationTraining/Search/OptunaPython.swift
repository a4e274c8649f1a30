import Files
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
    do throws(PythonProgram.Failure) {
      return OptunaPython(
        path: try PythonProgram.find(environmentFolder: ".search", environment: environment, program: program))
    } catch {
      switch error {
      case .notAProgram(let chosen):
        throw SearchError(
          "RTSEG_PYTHON: \(chosen) is not a program; name a python that has optuna, or unset RTSEG_PYTHON and run make setup-search"
        )
      case .missing:
        throw SearchError("the search needs python3 with Optuna, and there is no python3 in PATH: \(advice)")
      }
    }
  }
}
