import Files
import Foundation
import SegmentationData
import SegmentationTraining
import Synchronization
import TestSupport
import Testing

/// The messages of runs about their data and their folder.
extension TrainerTests {
  /// A trainer and everything that it says.
  private func speaking(_ options: TrainingOptions, resume: Bool = false) throws -> (Trainer, () -> String) {
    let said = Said()
    let trainer = try Trainer(options: options, resume: resume) { file in
      try RunLog(file: file, columns: { nil }, output: { text in said.text.withLock { $0 += text } })
    }
    return (trainer, { said.text.withLock { $0 } })
  }

  private final class Said: Sendable {
    let text = Mutex("")
  }

  private func samples(_ split: Split) throws -> Samples {
    try Dataset.cityscapes(root: folder.appending(path: "scenes").path).samples(of: split)
  }

  private func spoil(_ path: String) throws { try Data("junk".utf8).write(to: URL(filePath: path)) }

  @Test func `the mean's classes are told at first, with each score and in the metrics`() throws {
    let report = try DataChecker(.cityscapes(root: folder.appending(path: "scenes").path)).check([.val]).splits[0]
    let shown = report.classes.count { $0.pixels > 0 }
    let absent = report.classes.filter { $0.pixels == 0 }.map(\.name).joined(separator: ", ")
    let (run, said) = try speaking(options("covered") { $0.epochs = 1 })
    #expect(said().contains("the mean IoU covers \(shown) of 19 classes; without labelled pixels in val: \(absent)\n"))
    try run.run()
    #expect(said().contains("% over \(shown) of 19 classes  pixel accuracy"))
    #expect(said().contains("mean over \(shown) of 19 classes; without labelled pixels: \(absent)\n"))
    #expect(said().contains("over \(shown) of 19 classes after epoch 1, \(run.folder.bestCheckpoint.relativePath)\n"))
    #expect(try MetricsLog(run.folder.metrics).rows().compactMap(\.classesInMean) == [shown])
  }

  @Test func `files that are left out are listed in the log and the manifest`() throws {
    let bad = try samples(.train)[2]
    try spoil(bad.image)
    #expect(message { try trainer(options("strict")).run() }?.contains("no PNG, JPEG, TIFF, WebP or BMP") == true)

    let (run, said) = try speaking(
      options("lenient") {
        $0.epochs = 2
        $0.data.skipBadFiles = true
      })
    run.shouldStop = { $0 == .step(4) }
    try run.run()
    #expect(said().contains("left out: \(bad.image): "))
    let manifest = try RunManifest(json: Data(contentsOf: run.folder.manifest))
    #expect(manifest.leftOut?.map(\.file) == [bad.image])
    #expect(manifest.leftOut?.first?.reason.contains("no PNG, JPEG, TIFF, WebP or BMP") == true)
    #expect(try String(contentsOf: run.folder.log, encoding: .utf8).contains("left out: \(bad.image)"))

    // A run that goes on keeps the list and does not say it twice.
    let (resumed, saidThen) = try speaking(run.options, resume: true)
    try resumed.run()
    #expect(!saidThen().contains("left out"))
    var later = try RunManifest(json: Data(contentsOf: run.folder.manifest))
    #expect(later.ended?.outcome == .finished && manifest.ended?.outcome == .interrupted)
    (later.ended, later.seconds) = (manifest.ended, manifest.seconds)
    #expect(later == manifest)
  }

  @Test func `validation files are left out by an option of their own`() throws {
    let bad = try samples(.val)[0]
    try spoil(bad.mask!)
    let found = message { _ = try trainer(options("strict2") { $0.data.skipBadFiles = true }) }
    #expect(found?.hasPrefix("a validation file cannot be used: \(bad.mask!): ") == true, "\(found ?? "")")
    #expect(found?.hasSuffix("or set data.skip_bad_validation_files to score on the others") == true)

    let (run, said) = try speaking(
      options("lenient2") {
        $0.epochs = 1
        $0.data.skipBadValidationFiles = true
      })
    try run.run()
    #expect(said().contains("left out: \(bad.image): "))
    #expect(try RunManifest(json: Data(contentsOf: run.folder.manifest)).leftOut?.map(\.file) == [bad.image])
  }

  @Test(arguments: [Split.train, .val])
  func `a run of bad files alone fails`(split: Split) throws {
    for sample in try samples(split) { try spoil(sample.image) }
    let found = message {
      try trainer(
        options("bad") {
          $0.data.skipBadFiles = true
          $0.data.skipBadValidationFiles = true
        }
      ).run()
    }
    let count = try samples(split).count
    #expect(
      found?.contains(split == .train ? "none of the \(count) images can be read" : "has a labelled pixel") == true,
      "\(found ?? "")")
  }

  /// A mask that only validation reads may be bad in a way that the first look does not see.
  @Test func `an epoch is not lost if its validation fails`() throws {
    let bad = try samples(.val)[1]
    let good = try Data(contentsOf: URL(filePath: bad.image))
    let run = try trainer(options("half") { $0.epochs = 1 })
    try spoil(bad.image)
    #expect(message { try run.run() }?.contains(bad.image) == true)
    try good.write(to: URL(filePath: bad.image))
    let resumed = try trainer(run.options, resume: true)
    #expect(resumed.step == 4 && resumed.epoch == 1)
    try resumed.run()
    #expect(FileManager.default.fileExists(atPath: run.folder.bestCheckpoint.path))
  }

  @Test func `a run without validation needs no validation images`() throws {
    try FileManager.default.removeItem(at: folder.appending(path: "scenes/leftImg8bit/val"))
    #expect(message { _ = try trainer(options("needs")) } != nil)
    func change(_ options: inout TrainingOptions) {
      options.epochs = 1
      options.validation.enabled = false
    }
    let (run, said) = try speaking(
      options("alone") {
        change(&$0)
        $0.averaging.enabled = false
      })
    try run.run()
    #expect(said().contains("8 training and no validation images"))
    let last = run.folder.lastCheckpoint.relativePath
    #expect(said().hasSuffix("done: the run had no validation, so there is no best.pth; the result is \(last)\n"))
    #expect(!FileManager.default.fileExists(atPath: run.folder.bestCheckpoint.path))
    let found = message { _ = try trainer(options("averaged", change)) }
    #expect(
      found?.hasPrefix("validation.enabled: expected true, since averaging.enabled is true") == true,
      "\(found ?? "")")
  }

  @Test func `a run that was stopped in its validation goes on without one`() throws {
    let stopped = try trainer(options("unscored") { $0.averaging.enabled = false })
    stopped.shouldStop = { $0 == .validation(afterStep: 12) }
    #expect(try stopped.run().wasInterrupted)
    var unscored = stopped.options
    unscored.validation.enabled = false
    #expect(try !trainer(unscored, resume: true).run().wasInterrupted)
  }

  @Test func `one process trains in a folder, and removes what killed ones left`() throws {
    let made = options("locked") { $0.epochs = 1 }
    let url = folder.appending(path: "locked")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    try spoil(url.appending(path: ".rtseg-abc.tmp").path)
    let run = try trainer(made)
    #expect(!FileManager.default.fileExists(atPath: url.appending(path: ".rtseg-abc.tmp").path))
    for resume in [false, true] {
      #expect(
        message { _ = try trainer(made, resume: resume) }
          == "\(url.relativePath): another process is training in this folder; wait until it ends, or choose another folder"
      )
    }
    try run.run()
    #expect(message { _ = try trainer(made) }?.contains("holds a run already") == true)
    #expect(try trainer(made, resume: true).run().steps == 4)
  }

  @Test func `fewer epochs than a run has trained are refused by their name`() throws {
    var options = options("longer") { $0.epochs = 2 }
    try trainer(options).run()
    options.epochs = 1
    #expect(
      message { _ = try trainer(options, resume: true) }
        == "epochs: the run in \(options.output) has trained 2 epochs already, more than the 1 asked for; "
        + "give --epochs 3 or more to go on")
    options.epochs = 2
    #expect(try trainer(options, resume: true).run().steps == 8)
  }
}
