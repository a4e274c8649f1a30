import Foundation
import SegmentationTraining
import TestSupport
import Testing

@Suite struct RunListingTests {
  private func names(_ folder: URL, _ order: RunListing.Order) throws -> [String] {
    try RunListing(below: folder, order: order).runs.map(\.name)
  }

  @Test func `runs in all folders below are found and sorted`() throws {
    try withTemporaryFolder { parent in
      for (name, score) in [("trial_10", 0.2), ("trial_9", 0.5), ("group/a", 0.3)] {
        try RunFiles(name, in: parent).writeFinished([score])
      }
      let young = try RunFiles("young", in: parent)
      try young.writeOptions()
      try young.writeManifest()
      // The age is that of the latest file.
      for (name, age) in [("trial_9", 3000.0), ("trial_10", 2000), ("group/a", 1000)] {
        let folder = parent.appending(path: name)
        for file in try files(in: folder) {
          try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: folder.appending(path: file).path)
        }
      }
      #expect(try names(parent, .name) == ["group/a", "trial_9", "trial_10", "young"])
      #expect(try names(parent, .score) == ["trial_9", "group/a", "trial_10", "young"])
      #expect(try names(parent, .age) == ["young", "group/a", "trial_10", "trial_9"])
      // A run itself may be named.
      #expect(try names(parent.appending(path: "young"), .name) == ["young"])
    }
  }

  @Test func `a folder that leads back to itself is listed once`() throws {
    try withTemporaryFolder { parent in
      try RunFiles("run", in: parent).writeFinished()
      try FileManager.default.createSymbolicLink(
        at: parent.appending(path: "again"), withDestinationURL: parent.appending(path: "run"))
      try FileManager.default.createSymbolicLink(at: parent.appending(path: "loop"), withDestinationURL: parent)
      #expect(try RunListing(below: parent).runs.count == 1)
    }
  }

  @Test func `a damaged run is one line of the table`() throws {
    try withTemporaryFolder { parent in
      try RunFiles("good", in: parent).writeFinished()
      let bad = try RunFiles("bad\u{1B}[31m\n", in: parent)
      try bad.writeOptions()
      try bad.write("no json", to: "manifest.json")
      try bad.write("no json\n", to: "metrics.jsonl")
      let lines = try RunListing(below: parent).text().split(separator: "\n")
      #expect(lines.count == 3 && lines[0].hasPrefix("run"))
      let line = try #require(lines.first { $0.hasPrefix("bad") })
      #expect(line.contains("incomplete") && line.contains("damaged: ") && line.contains("metrics.jsonl:1"))
      #expect(!line.unicodeScalars.contains("\u{1B}"))
      #expect(lines.contains { $0.hasPrefix("good") && $0.contains("4/4") && $0.contains("mIoU 40.00%") })
    }
  }

  @Test func `the list as JSON holds all that is known`() throws {
    try withTemporaryFolder { parent in
      try RunFiles("run", in: parent).writeFinished()
      let listing = try RunListing(below: parent)
      let json = try #require(try JSONSerialization.jsonObject(with: listing.json()) as? [[String: Any]])
      let run = try #require(json.first)
      #expect(run["name"] as? String == "run" && run["state"] as? String == "finished")
      #expect(
        run["best_score"] as? Double == 0.4 && run["best_epoch"] as? Int == 2 && run["score"] as? String == "mean_iou")
      #expect(run["epoch"] as? Int == 4 && run["epochs"] as? Int == 4 && run["network"] as? String == "fastscnn")
      let sizes = try files(in: parent.appending(path: "run")).map { name in
        try Data(contentsOf: parent.appending(path: "run/\(name)")).count
      }
      #expect(run["bytes"] as? Int == sizes.reduce(0, +))
    }
  }

  @Test func `the best run of each network is found`() throws {
    try withTemporaryFolder { parent in
      for (name, score, network) in [("a", 0.2, "fastscnn"), ("b", 0.5, "fastscnn"), ("c", 0.3, "enet")] {
        let run = try RunFiles(name, in: parent)
        try run.writeFinished([score])
        try run.writeOptions { $0.model.name = network }
      }
      let runs = try RunListing(below: parent)
      #expect(try runs.bestRuns().mapValues(\.name) == ["fastscnn": "b", "enet": "c"])
      try RunFiles("c", in: parent).writeOptions {
        $0.model.name = "enet"
        $0.data.dataset = "cityscapes"
      }
      let mixed = try RunListing(below: parent)
      #expect(
        message { _ = try mixed.bestRuns() }
          == "the runs are of 2 data sets (camvid, cityscapes), expected one; name a folder with runs of one alone")
      try FileManager.default.removeItem(at: parent.appending(path: "a/metrics.jsonl"))
      let unscored = try RunListing(below: parent.appending(path: "a"))
      #expect(message { _ = try unscored.bestRuns() }?.hasPrefix("none of the 1 runs has an mIoU") == true)
    }
  }

  @Test func `a folder that is not there is refused`() throws {
    try withTemporaryFolder { parent in
      #expect(
        message { _ = try RunListing(below: parent.appending(path: "none")) }?.contains("there is no such folder")
          == true)
      let empty = try RunListing(below: parent)
      #expect(empty.runs.isEmpty)
    }
  }
}
