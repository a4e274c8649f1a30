import Foundation
import SegmentationData
import SegmentationImage
import SegmentationTraining
import TestSupport
import Testing
import Torch

/// Reports and evaluations of real runs on a few small scenes.
@Suite(.serialized) final class RunEvaluationTests: TrainsOnScenes {
  let scenes: SceneFolder

  init() throws { scenes = try SceneFolder(14) }

  private func options(_ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingOptions {
    scenes.options("run") {
      $0.epochs = 2
      $0.logging.tensorboard = false
      change(&$0)
    }
  }

  private var run: RunRecord { get throws { try RunRecord(folder.appending(path: "run")) } }

  @Test func `the best checkpoint scores as it did in its run`() throws {
    try trainer(options()).run()
    let run = try run
    #expect(run.problems == [] && run.state == .finished && run.manifest?.ended?.outcome == .finished)
    #expect(try #require(run.seconds) > 0)
    var settings = RunEvaluation.Options()
    settings.pictures = 3
    let evaluation = try RunEvaluation(of: run, options: settings)
    #expect(evaluation.scores["mean_iou"] == run.best?.meanIoU)
    #expect(evaluation.scores.confusion.counts == run.confusion?.counts)
    #expect(run.confusion?.epoch == run.best?.epoch)
    #expect(evaluation.scores.classNames == run.classNames)

    let page = try Page(RunReport([run], evaluations: [0: evaluation]).html())
    let pictures = page["img"]
    // Four validation images: three of them are among the worst, three among the best.
    #expect(pictures.count == 18)
    for picture in pictures {
      let source = try #require(picture.attributes["src"])
      #expect(source.hasPrefix("data:image/jpeg;base64,"))
      let data = try #require(Data(base64Encoded: String(source.dropFirst("data:image/jpeg;base64,".count))))
      let file = folder.appending(path: "picture.jpg")
      try data.write(to: file)
      #expect(try Image(contentsOf: file).size == ImageSize(height: 64, width: 96))
    }
    let scores = page.texts("figcaption").compactMap {
      $0.firstMatch(of: /mean IoU ([\d.]+)%/).flatMap { Double($0.1) }
    }
    #expect(scores.count == 6 && scores[0] <= scores[1] && scores[1] <= scores[2])
    #expect(scores[3] >= scores[4] && scores[4] >= scores[5] && scores[3] >= scores[2])
  }

  @Test func `the manifest says how a run ended, and no longer once it goes on`() throws {
    let stopped = try trainer(options())
    #expect(try run.state == .running)
    stopped.shouldStop = { $0 == .step(1) }
    try stopped.run()
    #expect(try run.state == .interrupted)

    final class Observer: TrainingObserver {
      var ending: RunEnding?
      var state: RunState?
      func epochEnded(_ row: MetricsRow, _ trainer: Trainer) throws {
        let run = try RunRecord(trainer.folder.url)
        (ending, state) = (run.manifest?.ended, run.state)
        trainer.requestStop("enough")
      }
    }
    let observer = Observer()
    observer.ending = RunEnding(.failed)
    let resumed = try trainer(options(), resume: true)
    resumed.observers = [observer]
    try resumed.run()
    #expect(observer.ending == nil && observer.state == .running)
    let ending = try run.manifest?.ended
    #expect(try run.state == .stopped && ending?.reason == "enough")
  }

  @Test func `a run that fails says why`() throws {
    struct Failure: Error, CustomStringConvertible { let description = "the tracker\nis gone" }
    final class Observer: TrainingObserver {
      func validationEnded(_ row: MetricsRow, _ trainer: Trainer) throws { throw Failure() }
    }
    let observer = Observer()
    let failing = try trainer(options())
    failing.observers = [observer]
    #expect(throws: Failure.self) { try failing.run() }
    #expect(try run.state == .failed && run.manifest?.ended?.reason == "the tracker\\nis gone")
  }

  @Test func `what cannot be evaluated is refused in one line`() throws {
    try trainer(options { $0.epochs = 1 }).run()
    var elsewhere = RunEvaluation.Options()
    elsewhere.dataRoot = folder.appending(path: "nowhere").path
    let missing = try #require(message { _ = try RunEvaluation(of: run, options: elsewhere) })
    #expect(missing.contains("nowhere") && !missing.contains("\n"))
    try FileManager.default.removeItem(at: folder.appending(path: "run/best.pth"))
    #expect(message { _ = try RunEvaluation(of: run) }?.contains("best.pth: there is no best checkpoint") == true)
    try Data("x".utf8).write(to: folder.appending(path: "run/best.pth"))
    #expect(message { _ = try RunEvaluation(of: run) }?.contains("best.pth") == true)
    try FileManager.default.removeItem(at: folder.appending(path: "run/config.yaml"))
    #expect(message { _ = try RunEvaluation(of: run) }?.contains("without the run's options") == true)
  }
}
