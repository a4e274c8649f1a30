import Foundation
import TestSupport
import Testing
import Torch

/// `rtseg train` as a process: signals, two processes in one folder, memory that runs out.
@Suite final class TrainingProgramTests {
  private let programFolder: ProgramFolder
  var folder: URL { programFolder.url }

  init() throws {
    programFolder = try ProgramFolder()
    try programFolder.drawScenes(10)
  }

  func path(_ name: String) -> String { folder.appending(path: name).path }

  /// ENet has dropout: the random state matters.
  private func arguments(_ output: String, _ more: String...) -> [String] {
    [
      "train", "--output", path(output), "--model", "enet", "--data-root", path("scenes"), "--epochs", "2",
      "--batch-size", "2", "--crop-size", "64x64", "--threads", "1",
    ] + more
  }

  /// A run that does not end by itself while the test lasts. Its learning rate does not depend on how many epochs it has.
  private func start(_ output: String, errors: FileHandle = .nullDevice) throws -> Process {
    let process = try Program.start(arguments(output) + constantRate + ["--epochs", "100000"], errors: errors)
    while !FileManager.default.fileExists(atPath: path("\(output)/last.pth")), process.isRunning { usleep(1000) }
    return process
  }

  private let constantRate = ["--set", "schedule.policy=constant", "--set", "schedule.warmup_epochs=0"]

  private func end(_ process: Process, _ signal: Int32) {
    kill(process.processIdentifier, signal)
    for _ in 0..<6000 where process.isRunning { usleep(10_000) }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 128 + signal)
  }

  @Test func `a run does not replace the configuration that it is given`() throws {
    try FileManager.default.createDirectory(at: folder.appending(path: "mine"), withIntermediateDirectories: true)
    let configuration = folder.appending(path: "mine/config.yaml")
    try Data("epochs: 1 # mine\n".utf8).write(to: configuration)
    let result = try Program.run(arguments("mine", "--config", configuration.path))
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains("would replace the input \(configuration.path)"), "\(result.errors)")
    #expect(try String(contentsOf: configuration, encoding: .utf8) == "epochs: 1 # mine\n")
    #expect(try files(in: folder.appending(path: "mine")) == ["config.yaml"])
  }

  @Test func `learning rates are tried without a run`() throws {
    let result = try Program.run(arguments("rates") + ["--find-learning-rate"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("proposal") && result.output.contains("rates/learning-rate.svg"), "\(result.output)")
    #expect(try files(in: folder.appending(path: "rates")) == ["learning-rate.json", "learning-rate.svg"])
    // A run may follow in the same folder.
    #expect(try Program.run(arguments("rates") + ["--epochs", "1"]).status == 0)
  }

  /// Each is refused in one line, before a run's folder is made.
  @Test(arguments: [
    (["--batch-size", "auto"], "batch_size: auto is for accelerators; on the CPU choose a number"),
    (["--continue-from", "/nowhere.pth"], "/nowhere.pth: No such file"),
    (["--teacher", "linknet-resnet18"], "distillation.checkpoint: expected distillation.teacher and"),
    (["--teacher", "nobody", "--teacher-checkpoint", "x"], "nobody"),
    (["--set", "model.frozen=[backbone.*]"], "model.frozen: 'backbone.*' matches nothing in enet"),
    (["--set", "optimizer.rules=[{pattern: x}]"], "optimizer.rules[0].pattern: 'x' matches nothing in enet"),
    (
      ["--set", "optimizer.rules=[{patern: x}]"], "optimizer.rules: expected a list, each element a rule with the keys"
    ),
    (["--set", "validation.monitor=miou"], "validation.monitor: "),
    (["--set", "objective.terms=[bce]"], "objective.terms[0]"),
    (["--set", "objective.class_weights=[1, 2]"], "expected 19 numbers, one for each class, found 2"),
    (["--set", "validation.tile=128x128"], "validation.tile: "),
    (["--set", "model.single_score=true"], "model.single_score: expected false"),
    (["--accumulation", "100"], "accumulation: a step of 100 batches of 2 needs 200 training images"),
  ])
  func `what a run cannot do is refused before it begins`(flags: [String], problem: String) throws {
    let result = try Program.run(arguments("refused") + flags + ["--device", "cpu"])
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains(problem), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: path("refused/last.pth")))
  }

  @Test(arguments: [SIGHUP, SIGTERM, SIGINT])
  func `a signal saves the step, and the run goes on from there`(signal: Int32) throws {
    // The terminal that a hang-up takes away is gone by then: nobody reads what the run says.
    let terminal = Pipe()
    let process = try start("stopped", errors: terminal.fileHandleForWriting)
    try terminal.fileHandleForWriting.close()
    try terminal.fileHandleForReading.close()
    end(process, signal)
    let log = try String(contentsOfFile: path("stopped/log.txt"), encoding: .utf8)
    #expect(log.contains("go on with --resume"))
    let saved = try Checkpoint.read(from: folder.appending(path: "stopped/last.pth"))
    let epochs = "\(try #require(saved["rtseg"]?["epoch"]?.int) + 1)"
    #expect(saved["rtseg"]?["step"]?.int != 0)

    let resumed = try Program.run("train", "--resume", path("stopped"), "--epochs", epochs)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try Program.run(arguments("whole") + constantRate + ["--epochs", epochs]).status == 0)
    let files = try ["whole", "stopped"].map { try Data(contentsOf: folder.appending(path: "\($0)/last.pth")) }
    #expect(files[0] == files[1])
  }

  /// Tar archives are read at any place, so a run goes on in them as it does in files.
  @Test func `a run on archives that was killed goes on, and equals the one on files`() throws {
    let packed = try Program.run(
      "data", "pack", "cityscapes", "--data-root", path("scenes"), "--output", path("shards"), "--samples-per-shard",
      "3", "--split", "train", "--split", "val")
    #expect(packed.status == 0, "\(packed.errors)")
    func onShards(_ output: String) -> [String] {
      arguments(output).map { ["--data-root": "--dataset", path("scenes"): path("shards/card.yaml")][$0] ?? $0 }
        + constantRate
    }
    let process = try Program.start(onShards("killed") + ["--epochs", "100000"])
    func epochs() -> Int {
      let metrics = (try? String(contentsOfFile: path("killed/metrics.jsonl"), encoding: .utf8)) ?? ""
      return metrics.split(separator: "\n").count { $0.contains("\"loss\"") && !$0.contains("\"kind\"") }
    }
    while epochs() < 2, process.isRunning { usleep(1000) }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    let saved = try Checkpoint.read(from: folder.appending(path: "killed/last.pth"))
    let done = try #require(saved["rtseg"]?["epoch"]?.int)
    #expect(done > 0)
    let last = ["--epochs", "\(done + 2)"]

    let resumed = try Program.run(["train", "--resume", path("killed")] + last)
    #expect(resumed.status == 0, "\(resumed.errors)")
    let whole = try Program.run(onShards("whole") + last)
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(try Program.run(arguments("files") + constantRate + last).status == 0)
    let files = try ["whole", "killed", "files"].map {
      try Data(contentsOf: folder.appending(path: "\($0)/last.pth"))
    }
    #expect(files[0] == files[1])
    #expect(files[0] == files[2])
  }

  @Test func `the second process in a folder is refused`() throws {
    let first = try start("run")
    for arguments in [arguments("run"), ["train", "--resume", path("run")]] {
      let second = try Program.run(arguments)
      #expect(second.status == 1)
      #expect(second.errorLines.count == 1 && second.errors.contains("another process is training in this folder"))
    }
    end(first, SIGTERM)
    // No epoch was written down twice.
    let text = (try? String(contentsOfFile: path("run/metrics.jsonl"), encoding: .utf8)) ?? ""
    let lines = text.split(separator: "\n")
    let epochs = lines.filter { $0.contains("\"loss\"") && !$0.contains("\"kind\"") }
    let losses = epochs.compactMap { $0.firstMatch(of: /"epoch":(\d+)/)?.1 }
    #expect(losses.map { Int($0)! } == Array(1..<losses.count + 1))
  }

  @Test func `a run without a good step fails in one line`() throws {
    let result = try Program.run(
      arguments("run", "--lr", "1e30", "--set", "optimizer.kind=adamw", "--set", "schedule.warmup_epochs=0"))
    #expect(result.status == 1)
    #expect(result.errorLines.filter { $0.hasPrefix("rtseg: ") }.count == 1, "\(result.errors)")
    #expect(result.errorLines.last?.contains("not finite") == true && !result.errors.contains("done"))
    #expect(!FileManager.default.fileExists(atPath: path("run/best.pth")))
    let state = try Checkpoint.readState(from: folder.appending(path: "run/last.pth"))
    for (name, tensor) in state.entries where tensor.dtype.isFloatingPoint {
      #expect(tensor.isFinite().all().item != 0, "\(name)")
    }
  }

  @Test func `memory that is exhausted is said in one line of our own`() throws {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    let errors = path("errors")
    #expect(FileManager.default.createFile(atPath: errors, contents: nil))
    // Far less address space than two crops of the largest size take.
    process.arguments =
      ["-c", "ulimit -v 9000000; exec \"$0\" \"$@\"", Program.url.path] + arguments("run", "--crop-size", "16384x16384")
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
    process.waitUntilExit()
    let lines = try String(contentsOfFile: errors, encoding: .utf8).split(separator: "\n")
    #expect(process.terminationReason == .exit && process.terminationStatus == 1)
    #expect(lines.last?.contains("memory is exhausted: training enet with batch_size 2") == true, "\(lines)")
    #expect(!lines.contains { $0.contains("alloc_cpu") })
  }

  @Test func `flags without an effect are refused`() throws {
    let score = ["val", "--checkpoint", path("none.pth")]
    for flag in [["--aux"], ["--detail"], ["--epochs", "3"], ["--lr", "1"], ["--set", "optimizer.momentum=0.5"]] {
      let result = try Program.run(score + flag)
      #expect(result.status == 64, "\(flag): \(result.errors)")
    }
    for command in [arguments("run", "--epochs", "1"), score] {
      let result = try Program.run(command + ["--threads", "100000"])
      #expect(result.status != 0 && result.errorLines.first?.contains("1 to 1024") == true, "\(result.errors)")
    }
  }

  @Test func `scores as JSON tell the classes in the mean`() throws {
    #expect(try Program.run(arguments("run", "--epochs", "1")).status == 0)
    let result = try Program.run("val", "--checkpoint", path("run/best.pth"), "--json", "--threads", "1")
    #expect(result.status == 0, "\(result.errors)")
    let json = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
    let absent = json?["absent_classes"] as? [String]
    #expect(json?["classes_in_mean"] as? Int == 19 - (absent?.count ?? 0) && absent?.contains("train") == true)
    #expect(json?["frequency_weighted_iou"] is Double)
  }
}
