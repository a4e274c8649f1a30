import SegmentationData
import Torch

/// Finds how many images fit into the memory of an accelerator.
public enum BatchSizeSearch {
  /// The largest batch whose training steps fit, among 1, 2, 3, 4, 6, 8, 12, ... images.
  /// - Throws: `TrainingError` on a CPU, whose memory other programs share, and if no batch fits.
  public static func largest(_ options: TrainingOptions) throws -> Int {
    let device = try Device(named: options.device)
    guard device.kind != .cpu else {
      throw TrainingError("batch_size: auto is for accelerators; on the CPU choose a number, such as 8")
    }
    let images = try Dataset.open(options.data.located()).samples(of: .train).count / options.accumulation
    // The run, which may be that of other processes, gets the memory that the trials have used.
    defer { Libtorch.emptyCache(of: device) }
    return try largest(limit: min(images, OptionLimits.batch)) { size in
      Libtorch.emptyCache(of: device)
      var trial = options
      trial.batchSize = size
      return try fits(trial)
    }
  }

  /// - Parameter fits: Whether a batch of a size fits.
  package static func largest(limit: Int, fits: (Int) throws -> Bool) throws -> Int {
    guard limit >= 2, try fits(2) else {
      if limit >= 1, try fits(1) { return 1 }
      throw TrainingError("batch_size: not even one image fits into the memory: lower augmentation.crop_size")
    }
    var size = 2
    while size * 2 <= limit, try fits(size * 2) { size *= 2 }
    let between = size / 2 * 3
    let betweenFits = try between <= limit && fits(between)
    return betweenFits ? between : size
  }

  /// Whether some steps of a run fit into the memory.
  private static func fits(_ options: TrainingOptions) throws -> Bool {
    do {
      let trainer = try Trainer(options: options, start: .rehearsal) { _ in try RunLog(output: { _ in }) }
      trainer.enterTraining()
      // The second step has the optimizer's state in memory too.
      for _ in 0..<3 { _ = try trainer.takeStep(learningRate: 0) }
      return true
    } catch let error as TrainingError where error.isMemoryExhausted {
      return false
    }
  }
}
