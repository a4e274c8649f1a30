import SegmentationWeights

extension PretrainedWeights {
  /// Weights whose downloads a run's log shows and an interruption ends.
  init(log: RunLog) {
    self.init(
      log: WeightsLog(message: { log.message($0) }, progress: { log.progress($0) }),
      isInterrupted: { InterruptFlag.isRaised })
  }
}
