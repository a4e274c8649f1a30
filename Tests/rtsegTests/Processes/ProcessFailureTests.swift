import Foundation
import TestSupport
import Testing
import Torch

/// Runs of several processes that are interrupted, killed or stopped.
@Suite(.enabled(if: ProcessGroup.backends.contains(.gloo), "this build has no gloo")) struct ProcessFailureTests {
  let runs: ProcessRuns

  init() throws { runs = try ProcessRuns() }

  /// ENet has dropout: the random numbers of all processes matter.
  private func arguments(_ output: String, _ more: [String] = []) -> [String] {
    runs.arguments(output, model: "enet", ProcessRuns.constantRate + ["--processes", "2"] + more)
  }

  /// A run that does not end by itself, once it has taken steps or, with `atOnce`, once its workers have started.
  private func start(
    _ output: String, _ more: [String] = [], count: Int = 2, atOnce: Bool = false,
    then number: (pid_t, [Int: pid_t]) throws -> Void
  ) throws -> Program.Result {
    let errors = runs.folder.appending(path: "\(output).errors")
    try Data().write(to: errors)
    let process = try Program.start(
      arguments(output, ["--epochs", "100000"] + more), errors: FileHandle(forWritingTo: errors))
    let workers = try ProcessRuns.workers(of: process, count: count)
    let metrics = runs.path("\(output)/metrics.jsonl")
    if !atOnce { #expect(ProcessRuns.wait(for: process) { FileManager.default.fileExists(atPath: metrics) }) }
    try number(process.processIdentifier, workers)
    process.waitUntilExit()
    for (rank, worker) in workers {
      // The workers of a launcher that was killed end by themselves.
      for _ in 0..<12000 where ProcessRuns.isThere(worker) { usleep(5000) }
      #expect(!ProcessRuns.isThere(worker), "the process of rank \(rank) is left")
    }
    let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    return .init(status: status, output: "", errors: try String(contentsOf: errors, encoding: .utf8))
  }

  /// Goes on with a run for two epochs more, and expects what a run that nobody disturbed has.
  private func expectExactResume(_ output: String) throws {
    let saved = try Checkpoint.read(from: runs.folder.appending(path: "\(output)/last.pth"))
    let epochs = ["--epochs", "\(try #require(saved["rtseg"]?["epoch"]?.int) + 1)"]
    try runs.run(["train", "--resume", runs.path(output), "--processes", "2"] + epochs)
    try runs.run(arguments("\(output)-whole", epochs))
    #expect(try runs.bytes("\(output)/last.pth") == runs.bytes("\(output)-whole/last.pth"))
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func `a signal to the launcher stops all at one step, and the run goes on exactly`(signal: Int32) throws {
    let result = try start("run") { launcher, _ in kill(launcher, signal) }
    #expect(result.status == 128 + signal, "\(result.errors)")
    #expect(result.errors.contains("go on with --resume") && !result.errors.contains("rtseg: "), "\(result.errors)")
    try expectExactResume("run")
  }

  @Test func `a signal to one worker stops all`() throws {
    let result = try start("run") { _, workers in kill(workers[1]!, SIGTERM) }
    #expect(result.status == 128 + SIGTERM, "\(result.errors)")
    try expectExactResume("run")
  }

  @Test func `a worker that is killed ends the run, which goes on from where it was`() throws {
    let result = try start("run") { _, workers in kill(workers[1]!, SIGKILL) }
    #expect(result.status == 1)
    let lines = result.errorLines.filter { $0.hasPrefix("rtseg: ") }
    #expect(lines.count == 1 && lines.first?.contains("rank 1 was ended by signal 9") == true, "\(result.errors)")
    #expect(lines.first?.contains("run/last.pth, go on with --resume") == true, "\(result.errors)")
    try expectExactResume("run")
  }

  @Test func `the first worker may be killed as well`() throws {
    let result = try start("run") { _, workers in kill(workers[0]!, SIGKILL) }
    #expect(result.status == 1 && result.errors.contains("rank 0 was ended by signal 9"), "\(result.errors)")
    try expectExactResume("run")
  }

  /// The flags of a later option count: three processes.
  @Test func `with three processes the others are told which one has failed`() throws {
    let three = ["--processes", "3", "--batch-size", "3"]
    let result = try start("run", three, count: 3) { _, workers in kill(workers[2]!, SIGKILL) }
    let lines = result.errorLines.filter { $0.hasPrefix("rtseg: ") }
    #expect(lines.count == 1 && lines.first?.contains("rank 2 was ended by signal 9") == true, "\(result.errors)")
    let manifest = try #require(
      try JSONSerialization.jsonObject(with: runs.bytes("run/manifest.json")) as? [String: Any])
    let reason = (manifest["ended"] as? [String: Any])?["reason"] as? String
    #expect(reason?.hasPrefix("rank 2 was ended by signal 9") == true, "\(reason ?? "")")
    #expect(reason?.contains("run/last.pth") == true, "\(reason ?? "")")
    // It goes on with the same number of processes, and with another one.
    let saved = try Checkpoint.read(from: runs.folder.appending(path: "run/last.pth"))
    let epoch = try #require(saved["rtseg"]?["epoch"]?.int)
    for (more, flags) in [(1, ["--processes", "3"]), (2, ["--processes", "1"])] {
      try runs.run(["train", "--resume", runs.path("run"), "--epochs", "\(epoch + more)"] + flags)
    }
  }

  @Test func `a worker that stands still ends the run after the time-out`() throws {
    let result = try start("run", ["--process-timeout", "20"]) { _, workers in kill(workers[1]!, SIGSTOP) }
    #expect(result.status == 1)
    let lines = result.errorLines.filter { $0.hasPrefix("rtseg: ") }
    #expect(
      lines.count == 1 && lines.first?.contains("rank 1 stands still, stopped by signal") == true, "\(result.errors)")
    try expectExactResume("run")
  }

  @Test func `no worker is left if the launcher is killed`() throws {
    let result = try start("run") { launcher, _ in kill(launcher, SIGKILL) }
    #expect(result.status == -SIGKILL)
    try expectExactResume("run")
  }

  /// They then wait for each other at a place that has gone with the launcher.
  @Test func `no worker is left if the launcher is killed before the workers have met`() throws {
    let result = try start("run", atOnce: true) { launcher, _ in kill(launcher, SIGKILL) }
    #expect(result.status == -SIGKILL)
  }

  /// All processes skip the same steps and give up together.
  @Test func `a run without a good step fails in one line`() throws {
    let result = try Program.run(
      runs.arguments(
        "run",
        ["--processes", "2", "--lr", "1e30", "--set", "optimizer.kind=adamw", "--set", "schedule.warmup_epochs=0"]))
    let lines = result.errorLines.filter { $0.hasPrefix("rtseg: ") }
    #expect(result.status == 1 && lines.count == 1 && lines[0].contains("not finite"), "\(result.errors)")
    for (name, tensor) in try runs.weights("run").entries where tensor.dtype.isFloatingPoint {
      #expect(tensor.isFinite().all().item != 0, "\(name)")
    }
  }

  /// An error that is the same in all processes is reported once.
  @Test func `data that is not there is said in one line`() throws {
    let result = try Program.run(runs.arguments("run", ["--processes", "2", "--data-root", runs.path("nothing")]))
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: runs.path("run")))
  }

  @Test func `the folder of another run is refused in one line`() throws {
    try runs.run(runs.arguments("run", ["--epochs", "1"]))
    let result = try Program.run(runs.arguments("run", ["--processes", "2"]))
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains("holds a run already"), "\(result.errors)")
  }

  @Test func `a run goes on with another number of processes`() throws {
    let flags = ProcessRuns.constantRate + ProcessEqualityTests.frozen
    try runs.run(runs.arguments("whole", flags + ["--epochs", "4"]))
    try runs.makeStart()
    for (first, second) in [("1", "2"), ("2", "1")] {
      try runs.run(runs.arguments("\(first)-\(second)", flags + ["--processes", first]))
      try runs.run(["train", "--resume", runs.path("\(first)-\(second)"), "--epochs", "4", "--processes", second])
      let difference = try runs.difference("whole", "\(first)-\(second)")
      #expect(difference < 1e-3, "from \(first) to \(second): \(difference)")
    }
  }
}
