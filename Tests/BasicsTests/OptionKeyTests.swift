import Basics
import Testing

@Suite struct OptionKeyTests {
  @Test(arguments: [
    ("epochs", "epochs"), ("warmupEpochs", "warmup_epochs"), ("useEMA", "use_ema"), ("l2Weight", "l2_weight"),
    ("warmup_epochs", "warmup_epochs"), ("conv1x1", "conv1x1"),
  ])
  func `properties are spelled in snake case`(property: String, key: String) {
    #expect(OptionKey.snakeCase(property) == key)
    #expect(InvalidOption("outer.\(property)", "").key == "outer.\(key)")
  }

  @Test(.timeLimit(.minutes(10))) func `names of a million characters have no nearest one`() {
    let name = String(repeating: "epochs", count: 200_000)
    #expect(OptionKey.nearest(to: name, among: Array(repeating: "epochs", count: 100)) == nil)
  }

  @Test func `the nearest key is found, a far one is not`() {
    let keys = ["data.root", "data.crop_size", "optimizer.learning_rate", "epochs"]
    #expect(OptionKey.nearest(to: "data.crop_siz", among: keys) == "data.crop_size")
    #expect(OptionKey.nearest(to: "crop_size", among: keys) == "data.crop_size")
    #expect(OptionKey.nearest(to: "model.learning_rat", among: keys) == "optimizer.learning_rate")
    #expect(OptionKey.nearest(to: "batch_size", among: keys) == nil)
  }
}
