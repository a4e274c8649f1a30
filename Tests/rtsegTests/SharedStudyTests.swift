import Foundation
import TestSupport
import Testing

/// Several searches in one study, one of which dies.
@Suite(.enabled(if: SearchEnvironment.python != nil, "make setup-search installs Optuna"))
struct SharedStudyTests {
  let folder: SearchFolder

  init() throws { folder = try SearchFolder() }

  /// Starts two searches, kills one of them in a trial, and waits for the other.
  private func searchTwice(_ storage: String) throws {
    let more = ["--storage", storage, "--trials", "6", "--epochs", "3", "--heartbeat", "4", "--study-name", "shared"]
    let environment = ["RTSEG_PYTHON": SearchEnvironment.python ?? ""]
    let (kept, killed) = ("kept", "killed")
    let searches = try [kept, killed].map { name in
      try folder.write("\(name).txt", "")
      return try Program.start(
        folder.arguments(name, more), environment: environment,
        output: #require(FileHandle(forWritingAtPath: folder.path("\(name).txt"))),
        errors: #require(FileHandle(forWritingAtPath: folder.path("\(name).txt"))))
    }
    while searches[1].isRunning {
      let trials = (try? files(in: folder.url.appending(path: killed)))?.filter { $0.hasPrefix("trial_") } ?? []
      if trials.contains(where: { folder.exists("\(killed)/\($0)/config.yaml") }) { break }
      usleep(5000)
    }
    // Its machine dies: the search, Optuna's process and the trial's.
    killTree(searches[1].processIdentifier)
    searches.forEach { $0.waitUntilExit() }
    let said = try String(contentsOfFile: folder.path("kept.txt"), encoding: .utf8)
    #expect(searches[0].terminationStatus == 0, "\(said)")
    #expect(searches[1].terminationReason == .uncaughtSignal)

    let trials = try folder.trials(storage, study: "shared")
    let died = trials.filter { $0.state == "FAIL" }
    #expect(trials.allSatisfy { ["COMPLETE", "PRUNED", "FAIL"].contains($0.state) }, "\(trials) \(said)")
    #expect(died.count >= 1, "\(trials) \(said)")
    for trial in died {
      // Begun again with the same values.
      let again = trials.first { $0.retries == trial.retries ?? trial.number && $0.number > trial.number }
      #expect(trial.params.allSatisfy { again?.params[$0.key] == $0.value } && again != nil, "\(trials) \(said)")
    }
    // Two searches may begin their last trials in the same moment.
    #expect((6...7).contains(trials.count { $0.retries == nil }), "\(trials) \(said)")
  }

  private func killTree(_ process: pid_t) {
    let script = "all() { for c in $(pgrep -P $1); do all $c; done; echo $1; }; kill -9 $(all \(process))"
    _ = try? Program.shell(script)
  }

  @Test func `the trial of a search that was killed is begun again by the other`() throws {
    try searchTwice("sqlite:///\(folder.path("study.db"))")
  }

  @Test(.enabled(if: SearchEnvironment.postgres != nil, "Debian's package postgresql brings the server"))
  func `PostgreSQL keeps a study too`() throws {
    let (programs, user) = try #require(SearchEnvironment.postgres)
    // A place that another user can reach and whose path is short enough for a socket.
    let place = "/tmp/rtseg-postgres-\(UInt32.random(in: 0...UInt32.max))"
    let made = try Program.shell(
      """
      mkdir -m 777 \(place) && cd \(place) && \(user) \(programs)/initdb -D \(place)/data -A trust -U tester
      """)
    try #require(made.status == 0, "\(made.errors)")
    // Not by pg_ctl: a process that outlives the shell would keep the shell's end from being seen.
    let server = try Program.start(
      ["-c", "cd \(place) && exec \(user) \(programs)/postgres -D \(place)/data -k \(place) -c listen_addresses="],
      of: URL(filePath: "/bin/bash"))
    defer {
      kill(server.processIdentifier, SIGQUIT)
      server.waitUntilExit()
      try? FileManager.default.removeItem(atPath: place)
    }
    let create = "\(user) \(programs)/psql -h \(place) -U tester -d postgres -c 'create database studies'"
    while server.isRunning, try Program.shell(create).status != 0 { usleep(100_000) }
    try #require(server.isRunning)
    let address = "tester@/studies?host=\(place)"
    try searchTwice("postgresql+psycopg://\(address)")
    let applied = try Program.run(
      ["search", "--apply", "postgresql://\(address)", "--output", folder.path("best.yaml")] + folder.base,
      environment: ["RTSEG_PYTHON": SearchEnvironment.python ?? ""])
    #expect(applied.status == 0 && folder.exists("best.yaml"), "\(applied.errors)")
  }
}
