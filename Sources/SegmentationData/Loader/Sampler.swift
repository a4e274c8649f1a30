/// The order in which an epoch visits the samples.
public protocol Sampler: Sendable {
  /// How many samples an epoch has.
  var count: Int { get }

  /// The samples' indices in the order of an epoch; the same epoch has the same order at any time.
  func order(epoch: Int) -> [Int]
}

/// Every sample once, in an order that depends on the seed and the epoch alone.
public struct ShuffledSampler: Sampler, Codable, Equatable {
  public let count: Int
  public let seed: UInt64

  public init(count: Int, seed: UInt64) {
    self.count = count
    self.seed = seed
  }

  public func order(epoch: Int) -> [Int] {
    var random = RandomStream("shuffle", seed: seed, epoch)
    var order = Array(0..<count)
    random.shuffle(&order)
    return order
  }
}

/// Every sample once, in the order of the data set.
public struct SequentialSampler: Sampler, Codable, Equatable {
  public let count: Int

  public init(count: Int) { self.count = count }

  public func order(epoch: Int) -> [Int] { Array(0..<count) }
}

/// Where a loader stands: what exact resume saves. Batches that were prepared but not handed out do not count.
public struct LoaderPosition: Codable, Equatable, Sendable {
  public var epoch: Int
  /// The number of batches of the epoch that were handed out.
  public var batch: Int

  public init(epoch: Int = 0, batch: Int = 0) {
    self.epoch = epoch
    self.batch = batch
  }
}
