import ArgumentParser
import SegmentationTraining

/// Flags for the keys that people set daily and that training alone uses.
struct TrainingFlags: ParsableArguments {
  @Flag(help: "model.auxiliary: train auxiliary heads too.") var aux = false
  @Flag(help: "model.detail: train STDC's detail head too.") var detail = false
  @Option(help: "epochs: how often the network sees each training image.") var epochs: Int?
  @Option(help: "batch_size: the number of images in a batch, or auto for as many as fit into an accelerator's memory.")
  var batchSize: String?
  @Option(help: "accumulation: the number of batches whose gradients are averaged for one step.") var accumulation: Int?
  @Option(help: "optimizer.learning_rate: the highest learning rate.") var lr: Double?
  @Option(help: "augmentation.crop_size: HEIGHTxWIDTH.") var cropSize: String?
  @Option(help: "seed: the start of all random numbers.") var seed: UInt64?
  @Flag(help: "validation.enabled: train without validation images. No best.pth is written; last.pth is the result.")
  var noValidation = false

  @Flag(inversion: .prefixedNo, help: "logging.tensorboard: write event files for TensorBoard.")
  var tensorboard: Bool?
  @Option(
    help: ArgumentHelp("logging.mlflow: the address of an MLflow server that receives the run.", valueName: "url"))
  var mlflow: String?

  @Option(help: "distillation.teacher: the name of a trained network to learn from.") var teacher: String?
  @Option(help: "distillation.checkpoint: the teacher's weights.") var teacherCheckpoint: String?

  /// Whether the batch size is to be found.
  var isBatchSizeAutomatic: Bool { batchSize == "auto" }

  var overrides: [ConfigurationOverride] {
    var overrides: [ConfigurationOverride] = []
    overrides.add("model.auxiliary", aux ? true : nil, "--aux")
    overrides.add("model.detail", detail ? true : nil, "--detail")
    overrides.add("epochs", epochs, "--epochs")
    overrides.add("batch_size", isBatchSizeAutomatic ? nil : batchSize, "--batch-size")
    overrides.add("accumulation", accumulation, "--accumulation")
    overrides.add("optimizer.learning_rate", lr, "--lr")
    overrides.add("augmentation.crop_size", cropSize, "--crop-size")
    overrides.add("seed", seed, "--seed")
    overrides.add("validation.enabled", noValidation ? false : nil, "--no-validation")
    overrides.add("logging.tensorboard", tensorboard, tensorboard == false ? "--no-tensorboard" : "--tensorboard")
    overrides.add("logging.mlflow", mlflow, "--mlflow")
    overrides.add("distillation.teacher", teacher, "--teacher")
    overrides.add("distillation.checkpoint", teacherCheckpoint, "--teacher-checkpoint")
    return overrides
  }
}
