import Foundation
import SegmentationData
import SegmentationImage
import SegmentationTraining
import TestSupport
import Testing
import Torch

extension TrainerTests {
  private static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test func `losses and weights that do not fit are refused before the run has a folder`() throws {
    func refusal(_ change: (inout ObjectiveOptions) -> Void) -> String? {
      message { _ = try trainer(options("unfit") { change(&$0.objective) }) }
    }
    #expect(
      refusal { $0.terms = [LossTerm(BinaryCrossEntropyOptions())] }?.hasPrefix(
        "objective.terms[0].loss: bce takes one score for each pixel, and this network gives 19") == true)
    #expect(
      refusal { $0.classWeights = [1, 2] }
        == "objective.class_weights: expected 19 numbers, one for each class, found 2")
    #expect(
      refusal { $0.terms = [LossTerm(OHEMOptions(), coefficient: -1)] }
        == "objective.terms[0].coefficient: expected 0 to 1000000.0, found -1.0")
    #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "unfit").path))
  }

  @Test func `all losses of several classes train together, with weights of the training images`() throws {
    let run = try trainer(
      options("combined") {
        $0.epochs = 1
        $0.objective.terms = LossTerm.kinds.filter { $0.name != "bce" }.map { LossTerm($0.init(), coefficient: 0.1) }
        $0.objective.classWeights = .enet
      })
    try run.run()
    #expect(run.step == 4)
  }

  /// Both recipes learn masks of 0 and 255, through the card that their comments show.
  @Test(arguments: ["binary-one-score", "binary-two-classes"]) func `binary recipes train`(recipe: String) throws {
    let file = Self.repository.appending(path: "configs/\(recipe).yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
    let lines = text.split(separator: "\n").filter { $0.hasPrefix("#     ") && !$0.contains("rtseg data") }
    let data = folder.appending(path: recipe)
    for split in ["train", "val"] {
      for kind in ["images", "masks"] {
        let part = data.appending(path: "\(kind)/\(split)")
        try FileManager.default.createDirectory(at: part, withIntermediateDirectories: true)
        for index in 0..<4 {
          // A bright square in the dark.
          let isObject = (0..<64 * 64).map { (8..<40).contains($0 / 64 - 4 * index) && (16..<48).contains($0 % 64) }
          let path = part.appending(path: "\(index).png")
          if kind == "masks" {
            try Mask(height: 64, width: 64, values: isObject.map { $0 ? 255 : 0 }).write(to: path)
          } else {
            let pixels = isObject.flatMap { [UInt8](repeating: $0 ? 220 : split == "val" ? 31 : 30, count: 3) }
            try Image(height: 64, width: 64, pixels: pixels).write(to: path)
          }
        }
      }
    }
    try lines.map { $0.dropFirst(6) }.joined(separator: "\n").write(
      to: data.appending(path: "card.yaml"), atomically: true, encoding: .utf8)
    var recipe = try ConfigurationLoader(defaults: TrainingOptions()).load(file: file)
    recipe.data.dataset = data.appending(path: "card.yaml").path
    recipe.output = data.appending(path: "run").path
    recipe.epochs = 60
    recipe.validation.interval = 60
    recipe.batchSize = 2
    recipe.schedule.warmupEpochs = 0
    recipe.device = "cpu"
    recipe.threads = 1
    recipe.augmentation = AugmentationOptions()
    recipe.augmentation.cropSize = ImageSize(height: 64, width: 64)
    recipe.optimizer.learningRate = 0.01
    let run = try trainer(recipe)
    try run.run()

    run.model.eval()
    let loader = try DataLoader.validation(
      Dataset.open(recipe.data).samples(of: .val), labels: Dataset.open(recipe.data).labels, batchSize: 4,
      options: recipe.data, augmentation: recipe.augmentation)
    let batch = try #require(try loader.next())
    let scores = withoutGradients { run.model(batch.images).logits }
    let found = scores.size(1) == 1 ? (scores.squeeze(1) .> 0).to(dtype: .int64) : scores.argmax(dimension: 1)
    // The overlap of the squares and the pixels that were found over their union. It is 0.25 if all pixels are taken for
    // objects, and 0.5 to 0.6 once the network has learned, as it draws borders at an eighth of the resolution.
    let both = (found * batch.labels).to(dtype: .float32).sum().item
    let either = ((found + batch.labels) .> 0).to(dtype: .float32).sum().item
    #expect(both / either > 0.4, "\(both) of \(either)")
  }
}
