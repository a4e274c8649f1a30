import Foundation
import SegmentationTraining

/// Writes what runs leave in their folders, as far as a test needs it.
struct RunFiles {
  let folder: URL

  init(_ name: String, in parent: URL) throws {
    folder = parent.appending(path: name)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  func write(_ text: String, to name: String) throws { try Data(text.utf8).write(to: folder.appending(path: name)) }

  func writeOptions(_ change: (inout TrainingOptions) -> Void = { _ in }) throws {
    var options = TrainingOptions()
    options.epochs = 4
    options.model.name = "fastscnn"
    options.data.dataset = "camvid"
    change(&options)
    try write(ConfigurationLoader(defaults: TrainingOptions()).yaml(options), to: "config.yaml")
  }

  func writeManifest(_ ended: RunEnding? = nil, _ change: (inout RunManifest) -> Void = { _ in }) throws {
    var manifest = RunManifest(
      programVersion: "0.1.0", libtorchVersion: "2.13.0", seed: 1, optionsHash: "ab", dataHash: "cd", threads: 2,
      startTime: Date(timeIntervalSince1970: 1_700_000_000), commandLine: ["rtseg", "train"])
    manifest.ended = ended
    manifest.seconds = ended == nil ? nil : 3725
    change(&manifest)
    try manifest.json().write(to: folder.appending(path: "manifest.json"))
  }

  /// Rows as a run writes them: each epoch's loss, and the mIoU of its validation with that of each class.
  func writeMetrics(_ scores: [Double], classes: [String] = ["road", "sky"], parts: Bool = false) throws {
    let log = MetricsLog(folder.appending(path: "metrics.jsonl"))
    for (index, score) in scores.enumerated() {
      let epoch = index + 1
      for step in [10 * epoch - 5, 10 * epoch] {
        var row = MetricsRow(epoch: epoch, step: step)
        row.isStep = true
        row.loss = 2 / Double(step)
        try log.append(row)
      }
      var row = MetricsRow(epoch: epoch, step: 10 * epoch)
      row.loss = 1 / Double(epoch)
      row.learningRate = 0.01
      if parts { row.lossParts = ["ohem": 0.5 / Double(epoch), "detail": 0.25] }
      try log.append(row)
      var validation = MetricsRow(epoch: epoch, step: 10 * epoch)
      validation.meanIoU = score
      validation.pixelAccuracy = score
      validation.classIoU = Dictionary(uniqueKeysWithValues: classes.map { ($0, score) })
      validation.classPixels = Dictionary(uniqueKeysWithValues: classes.map { ($0, 100) })
      try log.append(validation)
    }
  }

  /// A whole run of four epochs that ended in order.
  func writeFinished(_ scores: [Double] = [0.1, 0.4, 0.3, 0.35]) throws {
    try writeOptions()
    try writeManifest(RunEnding(.finished, time: Date(timeIntervalSince1970: 1_700_003_725)))
    try writeMetrics(scores)
    try write("weights", to: "last.pth")
    try write(
      #"{"class_names":["road","sky"],"counts":[90,10,25,75],"epoch":2,"step":20}"#, to: "confusion.json")
  }

  var record: RunRecord { get throws { try RunRecord(folder) } }
}
