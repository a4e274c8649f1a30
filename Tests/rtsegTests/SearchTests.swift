import Foundation
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// `rtseg search` with the real Optuna, which `make setup-search` installs.
@Suite(.enabled(if: SearchEnvironment.python != nil, "make setup-search installs Optuna"))
struct SearchTests {
  let folder: SearchFolder

  init() throws { folder = try SearchFolder() }

  func storage(_ name: String) -> String { "sqlite:///\(folder.path(name))/study.db" }

  @Test func `a search keeps its study, writes its results, and the best trial can be applied`() throws {
    let result = try folder.search(
      "out", "--trials", "3", "--epochs", "2", "--sampler", "random", "--sampler-seed", "3")
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    let trials = try folder.trials(storage("out"))
    #expect(
      trials.map(\.state) == ["COMPLETE", "COMPLETE", "COMPLETE"] && trials.map(\.steps) == [[1, 2], [1, 2], [1, 2]])
    for trial in trials {
      #expect((trial.params["optimizer.nesterov"] != nil) == (trial.params["optimizer.kind"] == .text("sgd")))
      #expect(folder.exists("out/trial_\(trial.number)/best.pth"))
    }
    let best = try #require(trials.max { ($0.value ?? 0) < ($1.value ?? 0) })
    struct Results: Decodable {
      let value: Double
      let completedTrials: Int
    }
    // JSONSerialization may be off by the last bit, where the decoder that has read the trials is not.
    func json<Value: Decodable>(_ name: String, _ type: Value.Type) throws -> Value {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try decoder.decode(type, from: Data(contentsOf: folder.url.appending(path: name)))
    }
    let results = try json("out/optuna_results.json", Results.self)
    #expect(results.value == best.value && results.completedTrials == 3)
    #expect(try json("out/trial_scores.json", [String: Double].self)["\(best.number)"] == best.value)
    let svg = try Data(contentsOf: folder.url.appending(path: "out/search.svg"))
    #expect(XMLParser(data: svg).parse())

    // The configuration is that of the best trial's run, but for its folder.
    let applied = try Program.run(
      ["search", "--apply", folder.path("out/study.db"), "--output", folder.path("best.yaml")] + folder.base
        + ["--epochs", "2"], environment: ["RTSEG_PYTHON": SearchEnvironment.python ?? ""])
    #expect(applied.status == 0, "\(applied.errors)")
    func options(_ name: String) throws -> [Substring] {
      try String(contentsOfFile: folder.path(name), encoding: .utf8).split(separator: "\n").filter {
        !$0.hasPrefix("#") && !$0.hasPrefix("output:")
      }
    }
    #expect(try options("best.yaml") == options("out/trial_\(best.number)/config.yaml"))
    // The same command finds nothing left to do.
    let again = try folder.search("out", "--trials", "3", "--epochs", "2")
    #expect(again.status == 0, "\(again.errors)")
    #expect(try folder.trials(storage("out")).count == 3)

    for (flags, problem) in [
      (["--set", "validation.monitor=mean_dice"], "begun with another score"),
      (["--space", folder.path("other.yaml")], "begun with another space"),
      (["--sampler", "gp", "--study-name", "new"], "run make setup-search WITH=gp"),
    ] {
      try folder.write("other.yaml", SearchFolder.space.replacingOccurrences(of: "0.05", with: "0.06"))
      let hasTorch = try Program.shell("'\(SearchEnvironment.python ?? "")' -c 'import torch, scipy'").status == 0
      if flags.contains("gp"), hasTorch { continue }
      let refused = try Program.run(
        folder.arguments("out", ["--trials", "4", "--epochs", "2"]) + flags,
        environment: ["RTSEG_PYTHON": SearchEnvironment.python ?? ""])
      #expect(refused.status == 1 && refused.errorLines.count == 1, "\(refused.errors)")
      #expect(refused.errors.contains(problem), "\(refused.errors)")
    }
  }

  @Test(arguments: [
    ("sqlite:////nowhere/study.db", "the studies cannot be reached: unable to open database file"),
    ("postgresql://me:secret@127.0.0.1:1/studies", "the studies cannot be reached: connection failed"),
    ("rubbish://x", "the studies cannot be reached"),
  ])
  func `a storage that cannot be reached is refused in one line`(storage: String, problem: String) throws {
    let result = try folder.search("out", "--storage", storage)
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains(problem) && !result.errors.contains("secret"), "\(result.errors)")
    #expect(!folder.exists("out/trial_0"))
  }

  @Test func `a trial that promises less than others is ended`() throws {
    #expect(try folder.search("out", "--trials", "1", "--epochs", "4").status == 0)
    _ = try folder.python(
      storage("out"),
      """
      for rate in [0.02, 0.021, 0.022, 0.023, 0.024, 1e-9]:
          study.enqueue_trial({"optimizer.kind": "adamw", "optimizer.learning_rate": rate,
            "augmentation.scale_range[0]": -0.2, "augmentation.scale_range[1]": 0.2})
      """)
    let result = try folder.search("out", "--trials", "7", "--epochs", "4", "--pruner", "median")
    #expect(result.status == 0, "\(result.errors)")
    let trials = try folder.trials(storage("out"))
    #expect(trials.count == 7 && trials.last?.state == "PRUNED", "\(trials)")
    #expect(result.output.contains("trial 6: pruned after epoch"))
    #expect((trials.last?.steps.count ?? 0) < 4)
    let log = try String(contentsOfFile: folder.path("out/trial_6/log.txt"), encoding: .utf8)
    #expect(log.contains("pruned: the search ends this trial"))
  }

  @Test func `Ctrl-C keeps the study, and the run goes on later`() throws {
    let more = ["--trials", "1", "--epochs", "60", "--pruner", "none"]
    let first = try Program.start(
      folder.arguments("out", more), environment: ["RTSEG_PYTHON": SearchEnvironment.python ?? ""])
    folder.wait(for: "out/trial_0/best.pth", of: first)
    kill(first.processIdentifier, SIGINT)
    first.waitUntilExit()
    #expect(first.terminationReason == .exit && first.terminationStatus == 130)
    var trials = try folder.trials(storage("out"))
    #expect(trials.map(\.state) == ["FAIL", "WAITING"] && trials.last?.retries == 0, "\(trials)")

    let second = try Program.run(
      folder.arguments("out", more), environment: ["RTSEG_PYTHON": SearchEnvironment.python ?? ""])
    #expect(second.status == 0 && second.output.contains("trial 1 (trial 0 goes on)"), "\(second)")
    trials = try folder.trials(storage("out"))
    #expect(trials.map(\.state) == ["FAIL", "COMPLETE"] && trials.last?.steps == Array(1...60), "\(trials)")
    #expect(!folder.exists("out/trial_1"))
    let rows = try String(contentsOfFile: folder.path("out/trial_0/metrics.jsonl"), encoding: .utf8)
    #expect(rows.split(separator: "\n").count { $0.contains("mean_iou") } == 60)
  }

  @Test func `trials that all fail end the search in one line`() throws {
    let result = try folder.search("out", "--trials", "10", "--set", "model.initial=/nowhere.pth")
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains("3 trials failed and none has a score; the last one: cannot read /nowhere.pth"))
    #expect(try folder.trials(storage("out")).map(\.state) == ["FAIL", "FAIL", "FAIL"])
  }

  @Test func `trials whose scores are not finite have failed`() throws {
    try folder.write("space.yaml", "optimizer.learning_rate: {type: float, low: 1.0e+30, high: 2.0e+30}")
    let result = try folder.search("out", "--epochs", "1", "--set", "optimizer.kind=adamw")
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains("not finite"), "\(result.errors)")
    #expect(try folder.trials(storage("out")).map(\.state) == ["FAIL", "FAIL", "FAIL"])
    #expect(!folder.exists("out/optuna_results.json"))
  }

  @Test func `a trial runs on several processes`() throws {
    let result = try folder.search("out", "--trials", "1", "--epochs", "1", "--processes", "2")
    #expect(result.status == 0, "\(result.errors) \(result.output)")
    #expect(try folder.trials(storage("out")).map(\.state) == ["COMPLETE"])
    let log = try String(contentsOfFile: folder.path("out/trial_0/log.txt"), encoding: .utf8)
    #expect(log.contains("2 processes"), "\(log)")
  }

  @Test func `a study is chosen by its name if there are several`() throws {
    for name in ["one", "two"] {
      #expect(try folder.search("out", "--trials", "1", "--epochs", "1", "--study-name", name).status == 0)
      try FileManager.default.removeItem(atPath: folder.path("out/trial_0"))
    }
    func apply(_ more: String...) throws -> Program.Result {
      try Program.run(
        ["search", "--apply", folder.path("out/study.db"), "--output", folder.path("best.yaml")] + more,
        environment: ["RTSEG_PYTHON": SearchEnvironment.python ?? ""])
    }
    for refused in [try apply(), try apply("--study-name", "three")] {
      #expect(refused.status == 1 && refused.errorLines.count == 1, "\(refused.errors)")
      #expect(refused.errors.contains("choose one of its studies with --study-name: one, two"), "\(refused.errors)")
      #expect(!folder.exists("best.yaml"))
    }
    #expect(try apply("--study-name", "two").status == 0 && folder.exists("best.yaml"))
  }
}
