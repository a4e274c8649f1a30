import ArgumentParser
import SegmentationTraining

/// Flags for the keys that people set daily and that training alone uses.
struct TrainingFlags: ParsableArguments {
  @Flag(help: "model.auxiliary: train auxiliary heads too.") var aux = false
  @Flag(help: "model.detail: train STDC's detail head too.") var detail = false
  @Option(help: "epochs: how often all images are seen.") var epochs: Int?
  @Option(help: "batch_size: images per step.") var batchSize: Int?
  @Option(help: "optimizer.learning_rate: the highest learning rate.") var lr: Double?
  @Option(help: "augmentation.crop_size: HEIGHTxWIDTH.") var cropSize: String?
  @Option(help: "seed: the start of all random numbers.") var seed: UInt64?
  @Flag(help: "validation.enabled: train without validation images. No best.pth is written; last.pth is the result.")
  var noValidation = false

  var overrides: [ConfigurationOverride] {
    var overrides: [ConfigurationOverride] = []
    overrides.add("model.auxiliary", aux ? true : nil, "--aux")
    overrides.add("model.detail", detail ? true : nil, "--detail")
    overrides.add("epochs", epochs, "--epochs")
    overrides.add("batch_size", batchSize, "--batch-size")
    overrides.add("optimizer.learning_rate", lr, "--lr")
    overrides.add("augmentation.crop_size", cropSize, "--crop-size")
    overrides.add("seed", seed, "--seed")
    overrides.add("validation.enabled", noValidation ? false : nil, "--no-validation")
    return overrides
  }
}
