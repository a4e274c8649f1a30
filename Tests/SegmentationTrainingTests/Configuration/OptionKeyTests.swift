import SegmentationModels
import SegmentationTraining
import Testing

@Suite struct OptionKeyTests {
  @Test(arguments: [
    ("epochs", "epochs"), ("warmupEpochs", "warmup_epochs"), ("useEMA", "use_ema"), ("l2Weight", "l2_weight"),
    ("warmup_epochs", "warmup_epochs"), ("conv1x1", "conv1x1"),
  ])
  func `properties are spelled in snake case`(property: String, key: String) {
    #expect(OptionKey.snakeCase(property) == key)
  }

  // python: Levenshtein.distance(a, b), or nltk.edit_distance(a, b)
  @Test(arguments: [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("same", "same", 0), ("flaw", "lawn", 2)])
  func `edit distance`(first: String, second: String, distance: Int) {
    #expect(editDistance(first, second) == distance)
  }

  @Test(.timeLimit(.minutes(1))) func `names of a million characters have no nearest one`() {
    let name = String(repeating: "epochs", count: 200_000)
    #expect(OptionKey.nearest(to: name, among: Array(repeating: "epochs", count: 100)) == nil)
    let error = #expect(throws: ArchitectureError.self) { try Architecture(name: name) }
    #expect(error == .unknown(name: name, suggestion: nil))
    #expect(editDistance(name, name) == 0)
  }

  @Test func `the nearest key is found, a far one is not`() {
    let keys = ["data.root", "data.crop_size", "optimizer.learning_rate", "epochs"]
    #expect(OptionKey.nearest(to: "data.crop_siz", among: keys) == "data.crop_size")
    #expect(OptionKey.nearest(to: "crop_size", among: keys) == "data.crop_size")
    #expect(OptionKey.nearest(to: "model.learning_rat", among: keys) == "optimizer.learning_rate")
    #expect(OptionKey.nearest(to: "batch_size", among: keys) == nil)
  }
}
