import Foundation
import SegmentationTraining
import TestSupport
import Testing

/// The facts about a run that are read from its folder.
@Suite struct RunRecordTests {
  @Test func `the best validation decides`() throws {
    try withTemporaryFolder { parent in
      let files = try RunFiles("run", in: parent)
      try files.writeFinished()
      let run = try files.record
      #expect(run.problems == [] && run.state == .finished && run.name == "run")
      #expect(run.best?.epoch == 2 && run.best?.meanIoU == 0.4 && run.epochsDone == 4)
      #expect(run.network == "fastscnn" && run.dataset == "camvid" && run.classNames == ["road", "sky"])
      #expect(run.seconds == 3725)
      // Steps are told from epochs.
      #expect(run.rows.count == 8 && run.stepRows.count == 8)
    }
  }

  /// An error is better the lower it is.
  @Test func `the lowest calibration error is the best`() throws {
    try withTemporaryFolder { parent in
      let files = try RunFiles("run", in: parent)
      try files.writeOptions {
        $0.validation.metrics = ["calibration_error"]
        $0.validation.monitor = "calibration_error"
      }
      let log = MetricsLog(files.folder.appending(path: "metrics.jsonl"))
      for (epoch, error) in [(1, 0.3), (2, 0.1), (3, 0.2)] {
        var row = MetricsRow(epoch: epoch, step: epoch)
        row.scores["calibration_error"] = error
        try log.append(row)
      }
      #expect(try files.record.best?.epoch == 2)
    }
  }

  @Test(arguments: [
    (RunEnding.Outcome.finished, RunState.finished), (.stopped, .stopped), (.interrupted, .interrupted),
    (.failed, .failed),
  ])
  func `the manifest tells how a run ended`(outcome: RunEnding.Outcome, state: RunState) throws {
    try withTemporaryFolder { parent in
      let files = try RunFiles("run", in: parent)
      try files.writeOptions()
      try files.writeManifest(RunEnding(outcome, reason: "because"))
      try files.writeMetrics([0.2])
      let run = try files.record
      #expect(run.state == state && run.manifest?.ended?.reason == "because")
    }
  }

  /// Earlier versions did not say how a run ended, nor does a process that is killed.
  @Test func `without a word on the end the measurements tell`() throws {
    try withTemporaryFolder { parent in
      let files = try RunFiles("run", in: parent)
      try files.writeOptions()
      try files.writeManifest()
      try files.writeMetrics([0.2, 0.3])
      #expect(try files.record.state == .incomplete)
      try files.write("weights", to: "last.pth")
      #expect(try files.record.state == .interrupted)
      try files.writeMetrics([0.2, 0.3, 0.4, 0.5])
      #expect(try files.record.state == .finished)
    }
  }

  @Test func `each damaged file is told in a line, and the rest is read`() throws {
    try withTemporaryFolder { parent in
      let files = try RunFiles("run", in: parent)
      try files.writeFinished()
      try files.write("{]", to: "manifest.json")
      try files.write("epochs: many\n", to: "config.yaml")
      try files.write("{\"epoch\":1,\"step\":1}\nnonsense\n", to: "metrics.jsonl")
      try files.write(#"{"class_names":["a"],"counts":[-1],"epoch":2,"step":20}"#, to: "confusion.json")
      let run = try files.record
      #expect(run.problems.count == 4)
      for (name, expected) in [
        ("manifest.json", "it is not the manifest"), ("config.yaml:1", "epochs"),
        ("metrics.jsonl:2", "not a line of metrics"),
        ("confusion.json", "expected a count of pixels"),
      ] {
        #expect(run.problems.contains { $0.contains(name) && $0.contains(expected) }, "\(run.problems)")
      }
      #expect(!run.problems.contains { $0.contains("\n") })
      #expect(run.state == .interrupted && run.rows == [] && run.options == nil)
    }
  }

  @Test func `a pipe in place of the metrics does not stop anything`() throws {
    try withTemporaryFolder { parent in
      let files = try RunFiles("run", in: parent)
      try files.writeOptions()
      try files.writeManifest()
      #expect(mkfifo(files.folder.appending(path: "metrics.jsonl").path, 0o600) == 0)
      #expect(try files.record.problems.count == 1)
    }
  }

  @Test func `what is no run is refused in one line`() throws {
    try withTemporaryFolder { parent in
      #expect(
        message { _ = try RunRecord(parent.appending(path: "none")) }?.contains("there is no such folder") == true)
      #expect(message { _ = try RunRecord(parent) }?.contains("there is no run in this folder") == true)
      try Data().write(to: parent.appending(path: "file"))
      #expect(message { _ = try RunRecord(parent.appending(path: "file")) }?.contains("found a file") == true)
    }
  }

  @Test func `quantities are written as people read them`() {
    #expect(
      [0.4, 59.6, 200, 3600, 7500, 360_000].map(Quantity.duration) == [
        "0 s", "1 min", "3 min 20 s", "1 h", "2 h 5 min", "4 d 4 h",
      ])
    #expect(Quantity.duration(.nan) == "-" && Quantity.duration(-5) == "0 s")
    #expect([0, 999, 12_345_678, 999_960].map(Quantity.bytes) == ["0 B", "999 B", "12.3 MB", "1.0 MB"])
    #expect(Quantity.count(1_140_061) == "1\u{202F}140\u{202F}061" && Quantity.count(7) == "7")
  }
}
