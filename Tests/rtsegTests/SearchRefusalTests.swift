import Foundation
import TestSupport
import Testing

/// The errors that `rtseg search` finds before it starts Optuna.
@Suite struct SearchRefusalTests {
  let folder: SearchFolder

  init() throws { folder = try SearchFolder() }

  private func python(_ script: String) throws -> String {
    try folder.write("python", "#!/bin/sh\n\(script)\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path("python"))
    return folder.path("python")
  }

  @Test(arguments: [
    ("exit 1", "ended before its answer: try"),
    ("read line; exit 0", "ended before its answer: try"),
    ("read line; kill -9 $$", "ended before its answer: try"),
    ("read line; echo '{\"study\": \"s\", \"version\": \"5\"}'; exit 0", "ended before its answer: try"),
    ("read line; echo \"Python 2.7\"; read line", "gave an unexpected answer: Python 2.7"),
    (
      "read line; echo '{\"error\": \"is not installed\", \"kind\": \"optuna\"}'; read line",
      "optuna is not installed: run make setup-search, or name a python that has it with RTSEG_PYTHON"
    ),
  ])
  func `a python without Optuna is refused in one line`(script: String, problem: String) throws {
    let result = try folder.search("out", python: python(script))
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains(problem), "\(result.errors)")
    #expect(!folder.exists("out/trial_0"))
  }

  @Test func `a python that is not there is refused in one line`() throws {
    let result = try folder.search("out", python: "/nowhere/python")
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains("RTSEG_PYTHON: /nowhere/python is not a program"), "\(result.errors)")
  }

  @Test(arguments: [
    ("optimizer.learningrate: {type: float, low: 0.1, high: 1}", "did you mean 'optimizer.learning_rate'?"),
    ("optimizer.learning_rate: {type: float, low: 1, high: 0.1}", "'low' must be below 'high'"),
    ("epochs: {type: float, low: 1, high: 3}", "epochs: expected an integer"),
  ])
  func `a bad space is refused with its line before anything begins`(space: String, problem: String) throws {
    try folder.write("space.yaml", space)
    let result = try folder.search("out", python: python("exit 1"))
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains("space.yaml:1: ") && result.errors.contains(problem), "\(result.errors)")
    #expect(!folder.exists("out"))
  }

  @Test(arguments: [
    (["--data-root", "/nowhere"], "/nowhere"),
    (["--no-validation"], "validation.enabled: expected true"),
    (["--config", "/nowhere.yaml"], "/nowhere.yaml"),
  ])
  func `what no trial could do is refused before anything begins`(flags: [String], problem: String) throws {
    let result = try Program.run(folder.arguments("out", flags), environment: ["RTSEG_PYTHON": try python("exit 1")])
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains(problem), "\(result.errors)")
    #expect(!folder.exists("out"))
  }

  @Test func `flags that a search does not take are refused`() throws {
    for (flags, problem) in [
      (["--sampler", "best"], "tpe"), (["--pruner", "all"], "median"), (["--trials", "0"], "1 to 100000"),
      (["--heartbeat", "0"], "1 to 3600"), (["--batch-size", "auto"], "give a number"),
      (["--apply", "x.db"], "leave out --space"),
    ] {
      let result = try Program.run(folder.arguments("out", flags))
      #expect(result.status == 64 && result.errors.contains(problem), "\(flags): \(result.errors)")
    }
    let bare = try Program.run("search")
    #expect(bare.status == 64 && bare.errors.contains("--space is missing"), "\(bare.errors)")
    let missing = try Program.run("search", "--apply", folder.path("none.db"))
    #expect(missing.status == 1 && missing.errors.contains("none.db: no such file"), "\(missing.errors)")
    let trial = try Program.run(
      ["train", "--output", folder.path("run")] + folder.base, environment: ["RTSEG_TRIAL_SOCKET": "nowhere"])
    #expect(trial.status == 1 && trial.errorLines.count == 1, "\(trial.errors)")
    #expect(trial.errors.contains("RTSEG_TRIAL_SOCKET: expected the path of a socket"), "\(trial.errors)")
  }
}
