import ArgumentParser
import SegmentationTraining

/// Flags for the keys of daily use that only training uses.
struct TrainingFlags: ParsableArguments {
  /// The course of the training.
  struct Course: ParsableArguments {
    @Option(help: .key("epochs", valueName: "n")) var epochs: Int?
    @Option(
      help: .key(
        "batch_size",
        """
        The number of images per batch, over all processes together. rtseg train also takes auto, for as many as fit into a \
        GPU's memory.
        """,
        valueName: "n|auto"))
    var batchSize: String?
    @Option(help: .key("accumulation", valueName: "n")) var accumulation: Int?
    @Option(help: .key("optimizer.learning_rate", valueName: "rate")) var lr: Double?
    @Option(help: .key("augmentation.crop_size", valueName: "HEIGHTxWIDTH")) var cropSize: String?
    @Option(help: .key("seed", "The seed of all random numbers, 0 or more.", valueName: "n")) var seed: UInt64?
    @Flag(
      help: .key("model.auxiliary", "Train the network's auxiliary heads too.", default: "as the network's authors did")
    ) var aux = false
    @Flag(help: .key("model.detail", "Train the detail head of an STDC network too.")) var detail = false
    @Flag(
      help: .key(
        "validation.enabled",
        "Train without validation images. No best.pth is written; last.pth is the result.", default: "with them"))
    var noValidation = false
  }

  /// The options that say where the run is shown while it goes.
  struct Tracking: ParsableArguments {
    @Flag(inversion: .prefixedNo, help: .key("logging.tensorboard", "Write event files for TensorBoard, or do not."))
    var tensorboard: Bool?
    @Option(help: .key("logging.mlflow", "The address of an MLflow server that receives the run.", valueName: "url"))
    var mlflow: String?
  }

  /// The teacher.
  struct Distillation: ParsableArguments {
    @Option(
      help: .key(
        "distillation.teacher", "The name of a trained network, from which the network learns too.", valueName: "name"),
      completion: .networks)
    var teacher: String?
    @Option(
      help: .key(
        "distillation.checkpoint",
        "The teacher's weights: a file, an address or a name such as ddrnet-23slim@cityscapes.",
        valueName: "checkpoint"), completion: .weights)
    var teacherCheckpoint: String?
  }

  @OptionGroup(title: "Training") var course: Course
  @OptionGroup(title: "Distillation") var distillation: Distillation
  @OptionGroup(title: "Tracking") var tracking: Tracking

  /// Whether the batch size is to be found.
  var isBatchSizeAutomatic: Bool { course.batchSize == "auto" }

  var overrides: [ConfigurationOverride] {
    var overrides: [ConfigurationOverride] = []
    overrides.add("model.auxiliary", course.aux ? true : nil, "--aux")
    overrides.add("model.detail", course.detail ? true : nil, "--detail")
    overrides.add("epochs", course.epochs, "--epochs")
    overrides.add("batch_size", isBatchSizeAutomatic ? nil : course.batchSize, "--batch-size")
    overrides.add("accumulation", course.accumulation, "--accumulation")
    overrides.add("optimizer.learning_rate", course.lr, "--lr")
    overrides.add("augmentation.crop_size", course.cropSize, "--crop-size")
    overrides.add("seed", course.seed, "--seed")
    overrides.add("validation.enabled", course.noValidation ? false : nil, "--no-validation")
    overrides.add(
      "logging.tensorboard", tracking.tensorboard, tracking.tensorboard == false ? "--no-tensorboard" : "--tensorboard")
    overrides.add("logging.mlflow", tracking.mlflow, "--mlflow")
    overrides.add("distillation.teacher", distillation.teacher, "--teacher")
    overrides.add("distillation.checkpoint", distillation.teacherCheckpoint, "--teacher-checkpoint")
    return overrides
  }
}
