/// The names under which trackers show a run's numbers. The names of losses and of the mean IoU are those of the
/// PyTorch reference.
enum TrackedValues {
  typealias Value = (name: String, value: Double)

  /// The loss of a step with its parts, the learning rate and the speed.
  static func of(_ progress: StepProgress) -> [Value] {
    var values: [Value] = losses(progress.loss, progress.lossParts, group: "train")
    values.append(("train/learning_rate", progress.learningRate))
    if progress.stepSeconds > 0 {
      values.append(("speed/images_per_second", Double(progress.images) / progress.stepSeconds))
    }
    values += [("speed/data_seconds", progress.dataSeconds), ("speed/step_seconds", progress.stepSeconds)]
    if let memory = progress.memory { values.append(("speed/memory_gigabytes", Double(memory) / 1e9)) }
    return values
  }

  /// The means of an epoch.
  static func ofEpoch(_ row: MetricsRow) -> [Value] {
    row.loss.map { losses($0, row.lossParts ?? [:], group: "epoch") } ?? []
  }

  /// The scores of a validation, overall and by class.
  static func ofValidation(_ row: MetricsRow) -> [Value] {
    var values: [Value] = row.scores.sorted { $0.key < $1.key }.map { ("val/\(short($0.key))", $0.value) }
    for (name, classes) in row.classScores.sorted(by: { $0.key < $1.key }) {
      values += classes.sorted { $0.key < $1.key }.map { ("val/\(short(name))/\($0.key)", $0.value) }
    }
    return values
  }

  private static func losses(_ total: Double, _ parts: [String: Double], group: String) -> [Value] {
    [("\(group)/loss_total", total)]
      + parts.sorted { $0.key < $1.key }.map { ("\(group)/loss_\(short($0.key))", $0.value) }
  }

  private static func short(_ name: String) -> String {
    switch name {
    case "distillation": "kd"
    case "mean_iou": "mIoU"
    case "class_iou": "IoU_cls"
    default: name
    }
  }
}
