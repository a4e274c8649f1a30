import Foundation
import Testing

/// `rtseg runs` and `rtseg report` on real runs, one of them going on.
@Suite final class RunsTests {
  private let files: ProgramFolder
  var folder: URL { files.url }

  init() throws {
    files = try ProgramFolder()
    try files.drawScenes(10)
  }

  private func path(_ name: String) -> String { folder.appending(path: name).path }

  private func arguments(_ output: String, _ more: String...) -> [String] {
    [
      "train", "--output", path("runs/\(output)"), "--model", "enet", "--data-root", path("scenes"), "--batch-size",
      "2",
      "--crop-size", "64x64", "--threads", "1",
    ] + more
  }

  /// The states of all runs by name.
  private func states() throws -> [String: String] {
    let result = try Program.run("runs", path("runs"), "--json")
    #expect(result.status == 0, "\(result.errors)")
    let list = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]])
    return Dictionary(uniqueKeysWithValues: list.map { ($0["name"] as? String ?? "", $0["state"] as? String ?? "") })
  }

  @Test func `the state of a run follows its process`() throws {
    let process = try Program.start(arguments("run", "--epochs", "100000"))
    while !FileManager.default.fileExists(atPath: path("runs/run/last.pth")), process.isRunning { usleep(1000) }
    #expect(try states() == ["run": "running"])
    kill(process.processIdentifier, SIGTERM)
    process.waitUntilExit()
    #expect(try states() == ["run": "interrupted"])

    let resumed = try Program.start(["train", "--resume", path("runs/run")])
    let log = path("runs/run/log.txt")
    while try !String(contentsOfFile: log, encoding: .utf8).contains("resuming after"), resumed.isRunning {
      usleep(1000)
    }
    #expect(try states() == ["run": "running"])
    kill(resumed.processIdentifier, SIGKILL)
    resumed.waitUntilExit()
    #expect(try states() == ["run": "interrupted"])

    #expect(try Program.run(arguments("whole", "--epochs", "1")).status == 0)
    let failed = try Program.run(
      arguments(
        "failed", "--epochs", "1", "--lr", "1e30", "--set", "optimizer.kind=adamw", "--set", "schedule.warmup_epochs=0")
    )
    #expect(failed.status == 1)
    #expect(try states() == ["run": "interrupted", "whole": "finished", "failed": "failed"])
    let table = try Program.run("runs", path("runs"), "--sort", "score")
    #expect(table.output.split(separator: "\n").count == 4)
    #expect(table.output.contains("not finite"), "\(table.output)")
  }

  @Test func `a report is made of runs and their networks`() throws {
    for name in ["a", "b"] { #expect(try Program.run(arguments(name, "--epochs", "1")).status == 0) }
    let runs = [path("runs/a"), path("runs/b")]
    let plain = try Program.run(["report"] + runs + ["--output", path("plain.html")])
    #expect(plain.status == 0 && plain.output.hasPrefix("2 runs: ") && plain.errors.isEmpty, "\(plain.errors)")
    let html = try String(contentsOfFile: path("plain.html"), encoding: .utf8)
    #expect(html.contains("Confusion of a") && !html.contains("image/jpeg"))
    let evaluated = try Program.run(
      ["report", runs[0], "--evaluate", "--images", "1", "--threads", "1", "--output", path("pictures.html")])
    #expect(evaluated.status == 0, "\(evaluated.errors)")
    let pictures = try String(contentsOfFile: path("pictures.html"), encoding: .utf8)
    #expect(pictures.components(separatedBy: "data:image/jpeg;base64,").count == 7)

    // Lines that cannot be read are told, and the report goes without them.
    try Data("nonsense\n".utf8).write(to: folder.appending(path: "runs/b/metrics.jsonl"))
    let damaged = try Program.run(["report"] + runs + ["--output", path("damaged.html")])
    #expect(damaged.status == 0 && damaged.errorLines.count == 1)
    #expect(damaged.errors.contains("metrics.jsonl:1: not a line of metrics"), "\(damaged.errors)")
    let listed = try Program.run("runs", path("runs"))
    #expect(listed.status == 0 && listed.output.contains("metrics.jsonl:1") && listed.output.contains("finished"))
  }

  @Test func `what makes no report is refused in one line, and nothing is written`() throws {
    #expect(try Program.run(arguments("a", "--epochs", "1")).status == 0)
    let (run, page) = (path("runs/a"), path("page.html"))
    try FileManager.default.linkItem(atPath: path("runs/a/metrics.jsonl"), toPath: path("same.html"))
    for (arguments, status, expected) in [
      ([path("nowhere"), "--output", page], 1, "there is no such folder"),
      ([run, path("scenes"), "--output", page], 1, "there is no run in this folder"),
      ([run, "--output", path("none/page.html")], 1, "does not exist"),
      ([run, "--output", path("same.html")], 1, "would replace the input"),
      ([run, "--output", path("page.txt")], 64, "expected a name that ends in .html"),
      ([run, "--images", "3", "--output", page], 64, "are for --evaluate"),
      ([run, "--evaluate", "--data-root", path("nowhere"), "--output", page], 1, "nowhere"),
      ([run, "--evaluate", "--device", "abacus", "--output", page], 1, "abacus"),
    ] {
      let result = try Program.run(["report"] + arguments)
      #expect(result.status == status && result.errors.contains(expected), "\(arguments): \(result.errors)")
      if status == 1 { #expect(result.errorLines.count == 1, "\(result.errors)") }
    }
    #expect(!FileManager.default.fileExists(atPath: page))
    let listing = try Program.run("runs", path("nowhere"))
    #expect(listing.status == 1 && listing.errorLines.count == 1 && listing.errors.contains("there is no such folder"))
    #expect(try Program.run("runs", path("scenes")).output.hasPrefix("no runs in "))
  }
}
