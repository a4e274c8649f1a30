import Foundation
import SegmentationTraining
import TestSupport
import Testing

/// The page of runs whose folders are written by the test.
@Suite struct RunReportTests {
  private func page(_ runs: [RunRecord]) throws -> Page { try Page(RunReport(runs).html()) }

  /// Two runs that differ in their options and scores.
  private func twoRuns(in parent: URL) throws -> [RunRecord] {
    let (first, second) = (try RunFiles("first", in: parent), try RunFiles("second", in: parent))
    try first.writeFinished()
    try second.writeFinished([0.2, 0.3, 0.45, 0.2])
    try second.writeOptions { $0.optimizer.learningRate = 0.5 }
    return try [first.record, second.record]
  }

  @Test func `the page holds the results of all runs`() throws {
    try withTemporaryFolder { parent in
      let page = try page(twoRuns(in: parent))
      #expect(page.texts("h1") == ["2 training runs"])
      #expect(
        page.texts("h2") == [
          "Summary", "Curves", "Scores by class", "Confusion", "Best and worst images", "Differences", "Configuration",
        ])
      let results = page.table("Results of the runs")
      #expect(
        results.count == 3
          && results[1].prefix(5) == ["first", "finished", "mIoU 40.00% after epoch 2", "4 of 4", "fastscnn"])
      #expect(results[2][2] == "mIoU 45.00% after epoch 3" && results[2][7] == "1 h 2 min")
      #expect(results[1][6] == "camvid, 2 classes")
    }
  }

  @Test func `classes stand side by side with their differences`() throws {
    try withTemporaryFolder { parent in
      let table = try page(twoRuns(in: parent)).table("IoU by class")
      #expect(table[0] == ["Class", "Pixels", "first", "second", "second − first"])
      #expect(table[1] == ["road", "50.00%", "40.00", "45.00", "+5.00"])
      #expect(table.last == ["Mean", "", "40.00", "45.00", "+5.00"])
    }
  }

  @Test func `only keys whose values differ are differences`() throws {
    try withTemporaryFolder { parent in
      let table = try page(twoRuns(in: parent)).table("Options and circumstances whose values differ")
      #expect(table == [["Option", "first", "second"], ["optimizer.learning_rate", "0.01", "0.5"]])
    }
  }

  /// The matrix is [[90, 10], [25, 75]].
  @Test func `confusions are shares of the labels`() throws {
    try withTemporaryFolder { parent in
      let page = try page([twoRuns(in: parent)[0]])
      #expect(
        page.table("Confusion of first") == [["label", "road", "sky"], ["road", "90", "10"], ["sky", "25", "75"]])
      #expect(page.texts("li").contains("sky taken for road: 25.00% of its pixels"))
      #expect(page.texts("p").contains("Counted in the validation after epoch 2."))
      #expect(page.texts("h2").contains("Differences") == false)
    }
  }

  @Test func `each run has a curve in each picture, told apart without colors`() throws {
    try withTemporaryFolder { parent in
      let page = try page(twoRuns(in: parent))
      let charts = page["svg"].compactMap { $0.attributes["aria-label"] }
      #expect(charts.contains { $0.hasPrefix("Training loss by epoch. first: from 1 to 0.25") })
      #expect(charts.contains { $0.hasPrefix("Training loss by step. first: from 0.4 to 0.05") })
      #expect(
        charts.contains {
          $0.hasPrefix("Validation: mIoU, % by epoch. first: from 10.00 to 35.00, between 10.00 and 40.00")
        })
      let dashes = page["polyline"].map { $0.attributes["stroke-dasharray"] }
      #expect(Set(dashes).count == 2)
      // 10 and 35 percent on an axis from 0 to 60 that is 214 high and ends at 226.
      let curve = try #require(page["polyline"].first { $0.attributes["points"]?.hasPrefix("136.5,190.3") == true })
      #expect(curve.attributes["points"]?.hasSuffix("390.0,101.2") == true)
      let names = page["clipPath"].compactMap { $0.attributes["id"] }
      #expect(Set(names).count == names.count && names.count == charts.count)
    }
  }

  @Test func `nothing on the page is loaded from elsewhere`() throws {
    try withTemporaryFolder { parent in
      let runs = try twoRuns(in: parent)
      let html = RunReport(runs).html()
      let page = try Page(html)
      for element in page.elements {
        #expect(!["link", "iframe", "object", "embed", "base", "form"].contains(element.name))
        for (key, value) in element.attributes where ["src", "href", "action", "data"].contains(key) {
          #expect(value.hasPrefix("data:") || value.hasPrefix("#"), "\(value)")
        }
      }
      #expect(
        !html.contains("http:") && !html.contains("https:") && !html.contains("url(h") && !html.contains("@import"))
      #expect(page["script"].allSatisfy { $0.attributes["src"] == nil })
      #expect(page["meta"].contains { $0.attributes["content"]?.contains("default-src 'none'") == true })
    }
  }

  @Test func `the page can be read without seeing it`() throws {
    try withTemporaryFolder { parent in
      let page = try page(twoRuns(in: parent))
      #expect(page["html"].first?.attributes["lang"] == "en")
      #expect(page["table"].count == page["caption"].count && !page.texts("caption").contains(""))
      #expect(page["svg"].allSatisfy { $0.attributes["aria-label"] != nil || $0.attributes["aria-hidden"] == "true" })
      #expect(page["img"].allSatisfy { $0.attributes["alt"]?.isEmpty == false })
      #expect(page["th"].allSatisfy { $0.attributes["scope"] != nil })
      // Each link leads to a section.
      let ids = page.elements.compactMap { $0.attributes["id"] }
      #expect(Set(ids).count == ids.count)
      #expect(page["a"].allSatisfy { ids.contains(String($0.attributes["href"]?.dropFirst() ?? "-")) })
    }
  }

  @Test func `hostile names are text`() throws {
    let hostile = "</td><script>alert('x')</script>&amp;\"\u{0}\u{202E}\u{FFFF}\u{1B}]0;"
    try withTemporaryFolder { parent in
      let files = try RunFiles("a<b>&\"'", in: parent)
      try files.writeFinished()
      try FileManager.default.removeItem(at: files.folder.appending(path: "metrics.jsonl"))
      try files.writeMetrics([0.5], classes: [hostile, "road"], parts: true)
      let text = try String(contentsOf: files.folder.appending(path: "metrics.jsonl"), encoding: .utf8)
      try files.write(text.replacingOccurrences(of: "\"ohem\"", with: "\"<img src=x onerror=y>\""), to: "metrics.jsonl")
      try files.write("", to: "confusion.json")
      try files.writeOptions { $0.data.root = "/<b>data</b>" }
      try files.writeManifest(RunEnding(.failed, reason: "<script>bad</script>")) { $0.commandLine = ["<i>", "a b"] }
      let html = try RunReport([files.record, files.record]).html()
      let page = try Page(html)
      #expect(page["script"].count == 1 && page["b"].isEmpty && page["i"].isEmpty && page["img"].isEmpty)
      #expect(
        page.table("IoU by class").contains { $0.first?.hasPrefix("</td><script>alert('x')</script>&amp;\"") == true })
      #expect(page.texts("td").contains("/<b>data</b>") && page.texts("td").contains("'<i>' 'a b'"))
      #expect(page.texts("figcaption").contains("Part of the loss: <img src=x onerror=y>"))
      #expect(page.texts("li").contains { $0.contains("<script>bad</script>") })
      #expect(!html.unicodeScalars.contains { $0.value < 32 && $0 != "\n" || $0.value == 0x202E || $0.value == 0xFFFF })
    }
  }

  @Test func `runs of other classes are compared by name, and that is said`() throws {
    try withTemporaryFolder { parent in
      let (first, second) = (try RunFiles("first", in: parent), try RunFiles("second", in: parent))
      for (files, classes) in [(first, ["road", "sky"]), (second, ["sky", "tree"])] {
        try files.writeOptions()
        try files.writeManifest()
        try files.writeMetrics([0.5], classes: classes)
      }
      let page = try page([first.record, second.record])
      #expect(page.table("IoU by class").dropFirst().map { $0[0] } == ["road", "sky", "tree", "Mean"])
      #expect(page.table("IoU by class").contains(["tree", "-", "-", "50.00", "-"]))
      // The means are of other classes.
      #expect(page.table("IoU by class").last == ["Mean", "", "50.00", "50.00", "-"])
      #expect(page.texts("li").contains { $0.contains("The runs have different classes") })
    }
  }

  @Test func `a run that has measured nothing yet has a page`() throws {
    try withTemporaryFolder { parent in
      let files = try RunFiles("run", in: parent)
      try files.writeOptions { $0.validation.enabled = false }
      try files.writeManifest()
      let page = try page([files.record])
      #expect(page.texts("li").contains { $0.contains("The run does not validate") })
      #expect(
        page.texts("p").contains("There are no measurements yet.")
          && page.texts("p").contains("No run has scores by class."))
    }
  }

  @Test func `what is wrong with a run's files stands on the page`() throws {
    try withTemporaryFolder { parent in
      let files = try RunFiles("run", in: parent)
      try files.writeFinished()
      try files.write("nonsense\n", to: "metrics.jsonl")
      try files.write("epochs: x\n", to: "config.yaml")
      let page = try page([files.record])
      #expect(page.texts("li").contains { $0.contains("metrics.jsonl:1: not a line of metrics") })
      #expect(page.texts("p").contains("The configuration cannot be read."))
    }
  }

  @Test func `a long run is drawn to its end`() throws {
    try withTemporaryFolder { parent in
      let files = try RunFiles("run", in: parent)
      try files.writeOptions()
      try files.writeManifest()
      let log = MetricsLog(files.folder.appending(path: "metrics.jsonl"))
      for epoch in 1...790 {
        var row = MetricsRow(epoch: epoch, step: epoch)
        row.loss = 1 / Double(epoch)
        try log.append(row)
      }
      let page = try page([files.record])
      let points = try #require(page["polyline"].first?.attributes["points"]).split(separator: " ")
      // Pairs of epochs are drawn as one point: the last one is epoch 789.5 of 790, at 52 + 338 * 789.5 / 790.
      #expect(points.count == 395 && points.last == "389.8,225.7", "\(points.last ?? "")")
      // The numbers are few enough to read, and the last one is among them.
      let numbers = page.table("Training loss by epoch")
      #expect((20...26).contains(numbers.count) && numbers.last == ["790", "0.001266"], "\(numbers)")
    }
  }

  /// A loss that diverged is no point, and numbers beyond all bounds break no picture.
  @Test(arguments: [[Double.nan, .infinity, 1], [1e300, -1e300], [0, 0, 0], [1e-300, 2e-300], [5]])
  func `any loss can be drawn`(losses: [Double]) throws {
    try withTemporaryFolder { parent in
      let files = try RunFiles("run", in: parent)
      try files.writeOptions()
      try files.writeManifest()
      let log = MetricsLog(files.folder.appending(path: "metrics.jsonl"))
      for (index, loss) in losses.enumerated() {
        var row = MetricsRow(epoch: index == 0 ? .max : index, step: index == 0 ? .max : index)
        row.loss = loss
        try log.append(row)
        row.isStep = true
        try log.append(row)
      }
      let page = try page([files.record])
      let points = page["polyline"].compactMap { $0.attributes["points"] }
      #expect(!points.isEmpty && points.allSatisfy { !$0.contains("nan") && !$0.contains("inf") }, "\(points)")
    }
  }

  @Test func `no file of a run is replaced`() throws {
    try withTemporaryFolder { parent in
      let files = try RunFiles("run", in: parent)
      try files.writeFinished()
      let run = try files.record
      let metrics = files.folder.appending(path: "metrics.jsonl").path
      #expect(message { try RunReport.checkOutput(metrics, runs: [run]) }?.contains("would replace the input") == true)
      let nowhere = parent.appending(path: "none/report.html").path
      #expect(message { try RunReport.checkOutput(nowhere, runs: [run]) }?.contains("does not exist") == true)
      try RunReport.checkOutput(files.folder.appending(path: "report.html").path, runs: [run])
      try RunReport([run]).write(to: parent.appending(path: "report.html"))
      #expect(try String(contentsOf: parent.appending(path: "report.html"), encoding: .utf8).hasSuffix("</html>\n"))
    }
  }
}
