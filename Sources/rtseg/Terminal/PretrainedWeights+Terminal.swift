import SegmentationWeights

extension PretrainedWeights {
  /// Weights whose downloads the terminal shows.
  static var onTerminal: PretrainedWeights {
    PretrainedWeights(log: WeightsLog(message: { Terminal.report($0) }, progress: { Terminal.showProgress($0) }))
  }
}
