import Foundation
import SegmentationData
import SegmentationImage
import SegmentationTraining
import Testing
import Torch

/// A folder with a few drawn scenes to train on, which is removed with the value.
final class SceneFolder {
  let url = FileManager.default.temporaryDirectory.appending(path: "rtseg-scenes-\(UUID().uuidString)")

  init(_ count: Int = 10, width: Int = 96) throws {
    _ = try SceneSynthesizer(size: ImageSize(height: 64, width: width), seed: 5).write(
      count, to: url.appending(path: "scenes"))
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// A small run on one thread, so that sums have one order, with its output in a folder of that name.
  func options(_ name: String, _ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingOptions {
    var options = TrainingOptions()
    options.output = url.appending(path: name).path
    options.epochs = 3
    options.batchSize = 2
    options.device = "cpu"
    options.threads = 1
    options.model.name = "fastscnn"
    options.data.root = url.appending(path: "scenes").path
    options.augmentation.cropSize = ImageSize(height: 64, width: 64)
    options.optimizer.kind = .adamw
    change(&options)
    return options
  }
}

/// A suite that trains on drawn scenes.
protocol TrainsOnScenes {
  var scenes: SceneFolder { get }
}

extension TrainsOnScenes {
  var folder: URL { scenes.url }

  func path(_ name: String) -> String { folder.appending(path: name).path }

  /// A trainer that says nothing.
  func trainer(_ options: TrainingOptions, resume: Bool = false) throws -> Trainer {
    try Trainer(options: options, resume: resume) { _ in try RunLog(output: { _ in }) }
  }

  func weights(_ name: String) throws -> StateDictionary {
    try Checkpoint.readState(from: folder.appending(path: "\(name)/last.pth"))
  }
}
