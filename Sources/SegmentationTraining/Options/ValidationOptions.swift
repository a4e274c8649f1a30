/// How a run scores the network on the validation images.
public struct ValidationOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// Whether it does. Without it, for data that have none, no `best.pth` is written, and `last.pth` is the result.
  public var enabled = true
  /// Epochs between validations; the last epoch is always validated.
  public var interval = 1
  /// The first epoch that is validated, counted from 1.
  public var beginEpoch = 1
  /// Images per step; more than 1 only for images of one size.
  public var batchSize = 1

  public init() {}

  public func validate() throws {
    try require(interval, in: 1...OptionLimits.epochs, "interval")
    try require(beginEpoch, in: 1...OptionLimits.epochs, "beginEpoch")
    try require(batchSize, in: 1...OptionLimits.batch, "batchSize")
  }

  /// Whether the network is scored after an epoch, counted from 1, of a run of so many.
  func isDue(after epoch: Int, of epochs: Int) -> Bool {
    enabled && (epoch == epochs || (epoch >= beginEpoch && (epoch - beginEpoch) % interval == 0))
  }
}
