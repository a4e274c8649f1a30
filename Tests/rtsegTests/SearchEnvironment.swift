import Foundation

/// The Python and the variables that tests of searches need beside the program.
enum SearchEnvironment {
  /// A python with Optuna: RTSEG_PYTHON, or what `make setup-search` installs; nil if there is none.
  static let python: String? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let candidates: [String?] = [
      ProcessInfo.processInfo.environment["RTSEG_PYTHON"], root.appending(path: ".search/bin/python3").path,
    ]
    return candidates.compactMap { $0 }.first { python in
      (try? Program.shell("\"\(python)\" -c 'import optuna'").status) == 0
    }
  }()

  /// The folder of PostgreSQL's programs, and what starts them as someone other than root; nil if they cannot run.
  static let postgres: (folder: String, user: String)? = {
    let script = """
      initdb=$(command -v initdb || ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | tail -1)
      [ "$initdb" ] && dirname "$(readlink -f "$initdb")"
      """
    guard let folder = (try? Program.shell(script))?.output.split(separator: "\n").first.map(String.init) else {
      return nil
    }
    if getuid() != 0 { return (folder, "") }
    guard (try? Program.shell("id postgres && command -v setpriv"))?.status == 0 else { return nil }
    return (folder, "setpriv --reuid=postgres --regid=postgres --init-groups")
  }()
}
