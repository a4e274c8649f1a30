import Foundation
import SegmentationTraining
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The files that a search writes about its study.
@Suite struct SearchRecordsTests {
  private let answer = """
    {"trials": [
      {"number": 0, "state": "complete", "value": 0.25, "reports": 3, "retried": null,
       "params": [{"name": "optimizer.kind", "value": "sgd"}, {"name": "optimizer.learning_rate", "value": 0.01}]},
      {"number": 1, "state": "pruned", "value": 0.1, "reports": 1, "retried": null, "params": []},
      {"number": 2, "state": "fail", "value": null, "reports": 0, "retried": null, "params": []},
      {"number": 3, "state": "complete", "value": 0.5, "reports": 3, "retried": 2,
       "params": [{"name": "averaging.enabled", "value": true}, {"name": "optimizer.kind", "value": "<adam>"}]},
      {"number": 4, "state": "running", "value": null, "reports": 2, "retried": null, "params": []}],
     "best": 3, "importances": [{"name": "optimizer.kind", "share": 0.75}, {"name": "a<b", "share": 0.25}],
     "attributes": {}, "maximizes": true}
    """

  private func write(_ answer: String) throws -> (scores: Any, results: [String: Any]?, plot: String) {
    try withTemporaryFolder { folder in
      let summary = try JSONDecoder().decode(StudySummary.self, from: Data(answer.utf8))
      let monitor = try #require(MetricSet.score("mean_iou"))
      let records = SearchRecords(folder: folder, monitor: monitor)
      try records.write(summary)
      let results = (try? Data(contentsOf: records.results)).map { try? JSONSerialization.jsonObject(with: $0) }
      return (
        try JSONSerialization.jsonObject(with: Data(contentsOf: records.scores)), results as? [String: Any],
        try String(contentsOf: records.plot, encoding: .utf8)
      )
    }
  }

  @Test func `results have the reference's five keys`() throws {
    let written = try write(answer)
    #expect(written.scores as? [String: Double] == ["0": 0.25, "3": 0.5])
    let results = try #require(written.results)
    #expect(Set(results.keys) == ["params", "value", "finished_trials", "pruned_trials", "completed_trials"])
    #expect(results["value"] as? Double == 0.5 && results["finished_trials"] as? Int == 4)
    #expect(results["pruned_trials"] as? Int == 1 && results["completed_trials"] as? Int == 2)
    let params = results["params"] as? [String: Any]
    #expect(params?["averaging.enabled"] as? Bool == true && params?["optimizer.kind"] as? String == "<adam>")
  }

  @Test func `the plot is a picture with history and importances`() throws {
    let svg = try write(answer).plot
    #expect(XMLParser(data: Data(svg.utf8)).parse())
    #expect(svg.contains("2 whole trials, 1 pruned, 1 failed") && svg.contains("best 50.0") && svg.contains(">trial<"))
    #expect(svg.contains("a&lt;b") && svg.contains("0.75"))
  }

  @Test func `a study without a score has no best trial`() throws {
    let written = try write(#"{"trials": [], "best": null, "importances": [], "attributes": {}, "maximizes": true}"#)
    #expect(written.results == nil && (written.scores as? [String: Double])?.isEmpty == true)
    #expect(XMLParser(data: Data(written.plot.utf8)).parse() && written.plot.contains("too few trials yet"))
  }

  @Test(arguments: [
    ("study.db", "sqlite:///study.db", "sqlite:///study.db"),
    ("/data/study.db", "sqlite:////data/study.db", "sqlite:////data/study.db"),
    ("postgresql://me:secret@host:5432/db", "postgresql://me:secret@host:5432/db", "postgresql://me@host:5432/db"),
    ("postgresql://host/db", "postgresql://host/db", "postgresql://host/db"),
  ])
  func `a storage is a file or an address, shown without its password`(text: String, address: String, shown: String) {
    let storage = StudyStorage(text)
    #expect(storage.address == address && storage.shown == shown)
    #expect(storage.file == (text.contains("://") ? nil : text))
  }
}
