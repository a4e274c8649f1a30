import Foundation
import TestSupport
import Testing

/// What `rtseg train` shows while it trains, and to whom.
@Suite final class TrackingProgramTests {
  let folder: ProgramFolder

  init() throws {
    folder = try ProgramFolder()
    try folder.drawScenes(6)
  }

  private func arguments(_ more: String...) -> [String] {
    [
      "train", "--output", folder.path("run"), "--model", "fastscnn", "--data-root", folder.path("scenes"), "--epochs",
      "1", "--batch-size", "2", "--crop-size", "64x64", "--threads", "1", "--device", "cpu",
    ] + more
  }

  @Test func `a quiet run shows its result alone`() throws {
    let result = try Program.run(arguments("--quiet", "--no-tensorboard"))
    #expect(result.status == 0 && result.output.isEmpty)
    #expect(result.errorLines.count == 1 && result.errors.hasPrefix("done: best mIoU"), "\(result.errors)")
    let log = try String(contentsOfFile: folder.path("run/log.txt"), encoding: .utf8)
    #expect(log.contains("step 1/") && log.contains("the best checkpoint's scores"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("run/tensorboard")))
    // A flag that is about what is shown is no option of the run.
    #expect(try !String(contentsOfFile: folder.path("run/config.yaml"), encoding: .utf8).contains("quiet"))
  }

  private func objects(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map { line in
      try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
    }
  }

  @Test func `a run can say everything in JSON`() throws {
    let result = try Program.run(arguments("--json-log"))
    #expect(result.status == 0 && result.output.isEmpty)
    let lines = try objects(result.errors)
    #expect(lines.allSatisfy { $0["time"] is String && $0["level"] is String && $0["rank"] as? Int == 0 })
    let progress = try #require(lines.last { $0["level"] as? String == "progress" })
    #expect(progress["step"] as? Int == progress["steps_per_epoch"] as? Int && progress["loss"] is Double)
    #expect((progress["memory_bytes"] as? Int ?? 0) > 10_000_000 && progress["seconds_left"] as? Double == 0)
    let end = lines.last { $0["level"] as? String == "result" }
    #expect((end?["message"] as? String)?.hasPrefix("done: ") == true)

    // The second run in the folder is refused.
    let refused = try Program.run(arguments("--json-log"))
    #expect(refused.status == 1)
    let errors = try objects(refused.errors)
    #expect(errors.count == 1 && errors[0]["level"] as? String == "error")
    #expect((errors[0]["message"] as? String)?.contains("holds a run already") == true)
  }

  @Test func `two ways of showing exclude each other`() throws {
    let result = try Program.run(arguments("--json-log", "--quiet"))
    #expect(result.status == 64 && result.errors.contains("--quiet and --json-log exclude each other"))
  }

  /// `script` gives the program a terminal of its own.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")), arguments: [true, false])
  func `on a terminal one line changes, with color unless NO_COLOR is set`(hasColor: Bool) throws {
    let command = (["\"$RTSEG\""] + arguments("--no-tensorboard")).joined(separator: " ")
    let variables = hasColor ? "env -u NO_COLOR TERM=xterm" : "env NO_COLOR=1 TERM=xterm"
    let result = try Program.shell("\(variables) script -qec '\(command)' /dev/null")
    #expect(result.status == 0, "\(result.output)")
    let first = hasColor ? "\r\u{1B}[1mepoch 1/1\u{1B}[0m  step 1/" : "\repoch 1/1  step 1/"
    #expect(result.output.contains(first), "\(result.output.debugDescription)")
    #expect(result.output.contains("images/s") && result.output.contains("\u{1B}[K"))
    #expect(result.output.contains("\u{1B}[2m") == hasColor)
  }

  @Test(arguments: [
    (["--mlflow", "localhost"], "--mlflow: logging.mlflow: expected the address of an MLflow server"),
    (["--mlflow", "http://127.0.0.1:9"], "logging.mlflow: http://127.0.0.1:9: it cannot be reached: "),
    (["--set", "logging.step_interval=-1"], "logging.step_interval: expected 0 to"),
    (["--set", "logging.interval=0"], "logging.interval: expected above 0, at most 86400 seconds"),
    (["--set", "logging.images=1000"], "logging.images: expected 0 to 64"),
    (["--set", "logging.mlflow_experiment=\"\""], "logging.mlflow_experiment: expected a name"),
    (
      ["--set", "logging.tensorboard_folder=/dev/null/x"], "logging.tensorboard_folder: cannot write into /dev/null/x: "
    ),
    (["--set", "logging.tensor_board=true"], "did you mean 'logging.tensorboard'?"),
  ])
  func `what cannot be followed is refused in one line before the run begins`(flags: [String], problem: String) throws {
    let result = try Program.run(arguments() + flags)
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains(problem), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("run")))
  }

  @Test func `credentials that cannot be sent are refused by their name`() throws {
    let result = try Program.run(
      arguments("--mlflow", "http://127.0.0.1:9"), environment: ["MLFLOW_TRACKING_TOKEN": "a\nb"])
    #expect(result.status == 1 && result.errors.contains("MLFLOW_TRACKING_TOKEN: expected at most"), "\(result.errors)")
    #expect(result.errorLines.count == 1)
  }
}
