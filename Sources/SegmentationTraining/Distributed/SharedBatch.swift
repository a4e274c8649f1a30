import Torch

/// Makes means over the labelled pixels of a batch right where several processes have a part of the batch each.
///
/// Gradients are averaged over the processes. A process whose part has few labelled pixels would have too much weight in
/// that, if it divided by their number: all divide by the mean of their numbers instead. The mean of the processes' losses
/// is then the loss of the whole batch.
final class SharedBatch: @unchecked Sendable {  // used by the thread that made it alone
  private let world: TrainingWorld
  /// The first failure to reach the other processes.
  private var failure: (any Error)?
  @TaskLocal private static var current: SharedBatch?

  private init(_ world: TrainingWorld) { self.world = world }

  /// Runs `body`, which computes a loss of this process's part of a batch.
  static func of<Result>(_ world: TrainingWorld, _ body: () throws -> Result) throws -> Result {
    guard world.size > 1 else { return try body() }
    let batch = SharedBatch(world)
    let result = try $current.withValue(batch, operation: body)
    if let failure = batch.failure { throw failure }
    return result
  }

  /// The divisor of a sum over pixels: for a batch that processes share, it is the mean of their numbers.
  /// - Parameter count: The number, or the weights, of this process's pixels; float32.
  static func divisor(_ count: Tensor) -> Tensor {
    guard let current, current.failure == nil else { return count }
    let mean = count.detached().clone()
    do { try current.world.average(mean) } catch { current.failure = error }
    return mean
  }

  /// The factor for a mean over some pixels of this process; nil if this process has the whole batch.
  static func share(ofPixels count: Int, device: Device) -> Tensor? {
    guard current != nil else { return nil }
    let count = Tensor.full([], Double(count), device: device)
    return count / divisor(count).nonzero
  }
}
