/// The order in which an epoch visits the samples.
public protocol Sampler: Sendable {
  /// The number of samples in an epoch.
  var count: Int { get }

  /// The indices of the samples in the order of an epoch. The same epoch always has the same order.
  func order(epoch: Int) -> [Int]
}

/// Visits every sample once, in an order that depends only on the seed and the epoch.
public struct ShuffledSampler: Sampler, Codable, Equatable {
  /// The number of samples.
  public let count: Int
  /// The seed of the order.
  public let seed: UInt64

  /// Creates a sampler for a number of samples.
  public init(count: Int, seed: UInt64) {
    self.count = count
    self.seed = seed
  }

  /// The shuffled indices.
  public func order(epoch: Int) -> [Int] {
    var random = RandomStream("shuffle", seed: seed, epoch)
    var order = Array(0..<count)
    random.shuffle(&order)
    return order
  }
}

/// Visits every sample once, in the order of the data set.
public struct SequentialSampler: Sampler, Codable, Equatable {
  /// The number of samples.
  public let count: Int

  /// Creates a sampler for a number of samples.
  public init(count: Int) { self.count = count }

  /// The indices in order.
  public func order(epoch: Int) -> [Int] { Array(0..<count) }
}

/// The position of a loader, which a run saves in order to resume exactly. Batches that are prepared but not returned
/// yet do not count.
public struct LoaderPosition: Codable, Equatable, Sendable {
  /// The number of the epoch, from 0.
  public var epoch: Int
  /// The number of batches of the epoch that were returned.
  public var batch: Int

  /// Creates a position, the start unless given.
  public init(epoch: Int = 0, batch: Int = 0) {
    self.epoch = epoch
    self.batch = batch
  }
}
