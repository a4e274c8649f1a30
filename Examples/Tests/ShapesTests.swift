import Files
import Foundation
import SegmentationModels
import SegmentationTraining
import TestSupport
import Testing
import Torch

// The package above compiles this file together with Sources/Shapes.

/// The example does what it says.
@Suite struct ShapesTests {
  @Test func `a network and a data set of one's own train, resume, and label an image`() throws {
    try withTemporaryFolder { folder in
      let training = ShapeTraining(in: folder.appending(path: "run"))
      #expect(try training.train(until: 10).wasInterrupted)
      let summary = try training.train(resume: true)
      #expect(summary.steps == 36 && !summary.wasInterrupted)
      #expect(summary.bestScore > 0.6, "\(summary.bestScore)")
      #expect(try training.test() > 0.85)

      let content = try Checkpoint.read(from: training.checkpoint)
      let card = try #require(try ModelCard(checkpoint: content))
      #expect(card.model == "tinynet" && card.classes == ["background", "disk", "square"])
      #expect(card.colors == [[40, 40, 40], [230, 80, 60], [70, 120, 230]])
      #expect(content["state_dict"]?["classifier.bias"]?.tensor?.shape == [3])

      let record = try RunRecord(folder.appending(path: "run"))
      #expect(record.problems == [] && record.state == .finished)
      #expect(record.network == "tinynet" && record.dataset == "shapes")
    }
  }
}
