import SegmentationTraining
import TestSupport
import Testing
import Torch

/// Numbers that no run can use are refused, and computed with nowhere before.
@Suite struct OptionLimitTests {
  private static let integers = [
    "epochs", "batch_size", "threads", "validation.interval", "validation.batch_size", "maximum_skipped_steps",
    "schedule.step_epochs", "averaging.ramp_steps", "data.workers", "data.prefetch", "augmentation.crop_size",
  ]
  private static let numbers = [
    "schedule.warmup_epochs", "schedule.power", "schedule.gamma", "optimizer.learning_rate", "optimizer.momentum",
    "optimizer.beta2", "optimizer.weight_decay", "optimizer.clip_norm", "averaging.decay", "augmentation.scale",
    "augmentation.brightness", "augmentation.contrast", "augmentation.saturation", "augmentation.hue",
    "augmentation.horizontal_flip", "objective.detail.coefficient", "objective.detail.threshold",
    "objective.detail.dice_coefficient", "objective.detail.cross_entropy_coefficient",
  ]
  private static let lists = [
    "augmentation.mean=[0.5, 1e308, 0.5]", "augmentation.mean=[.nan, 0, 0]", "augmentation.std=[1, 0, 1]",
    "augmentation.std=[1e-320, 1, 1]", "augmentation.std=[-1, 1, 1]", "augmentation.std=[.inf, 1, 1]",
    "augmentation.scale_range=[0, .inf]", "objective.class_weights=[1, .nan]", "objective.class_weights=[0, 0]",
    "objective.auxiliary_coefficients=[.inf]", "augmentation.crop_size=16385x1", "augmentation.crop_size=1x99999999",
  ]

  private func refusal(_ text: String) throws -> String? {
    let override = try ConfigurationOverride(parsing: text)
    do {
      let options = try ConfigurationLoader(defaults: TrainingOptions()).load(overrides: [override])
      // Values that the loader leaves to the parts themselves are refused before a run does anything.
      _ = try Trainer(options: options)
    } catch { return "\(error)" }
    return nil
  }

  private func expectRefused(_ text: String) throws {
    let key = text.prefix { $0 != "=" }
    let found = try refusal(text)
    #expect(found?.contains("\(key): expected ") == true, "\(text): \(found ?? "accepted")")
  }

  @Test(arguments: integers, ["4611686018427387904", "9223372036854775807", "0", "-1"])
  func `integers have an upper limit`(key: String, value: String) throws {
    if key == "data.workers", value == "0" { return }
    if key == "augmentation.crop_size", value == "0" || value == "-1" { return }  // not a size at all
    try expectRefused("\(key)=\(value)")
  }

  @Test(arguments: numbers, [".nan", ".inf", "-1"])
  func `numbers are finite`(key: String, value: String) throws { try expectRefused("\(key)=\(value)") }

  @Test(arguments: lists)
  func `lists of numbers are finite`(text: String) throws { try expectRefused(text) }

  @Test func `the largest options together compute a schedule`() throws {
    let schedule = LearningRateSchedule(
      .step, learningRate: 1e300, totalSteps: 1_000_000 * 100_000_000, warmupSteps: 1e6 * 1e8, power: 1000,
      stepSize: 1_000_000 * 100_000_000, gamma: 1000)
    #expect(schedule.learningRate(at: schedule.totalSteps - 1).isFinite)
  }

  @Test func `threads are limited before any is started`() {
    #expect(
      message { try Libtorch.useThreads(100_000, option: "--threads") }
        == "--threads: expected 1 to 1024 threads, found 100000; a machine's number of cores is enough")
    #expect(throws: ThreadCountError.self) { try Libtorch.useThreads(0) }
  }
}
