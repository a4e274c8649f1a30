import Torch

/// Makes means over the labelled pixels of a batch right if several processes have a part of the batch each.
///
/// Gradients are averaged over the processes. If each process divided by the number of its own labelled pixels, a
/// process with few of them would have too much weight. So all of them divide by the mean of their numbers instead, and
/// the mean of their losses is then the loss of the whole batch.
final class SharedBatch: @unchecked Sendable {  // used by the thread that made it alone
  private let world: TrainingWorld
  /// The first failure to reach the other processes, which is thrown at the end.
  private var failure: (any Error)?
  @TaskLocal private static var current: SharedBatch?

  private init(_ world: TrainingWorld) { self.world = world }

  /// Runs `body`, which computes the loss for this process's part of a batch.
  static func of<Result>(_ world: TrainingWorld, _ body: () throws -> Result) throws -> Result {
    guard world.size > 1 else { return try body() }
    let batch = SharedBatch(world)
    let result = try $current.withValue(batch, operation: body)
    if let failure = batch.failure { throw failure }
    return result
  }

  /// The number that a sum over pixels is divided by. For a batch that processes share, it is the mean of their
  /// numbers.
  /// - Parameter count: The number of this process's pixels, or the sum of their weights, as float32.
  static func divisor(_ count: Tensor) -> Tensor {
    guard let current, current.failure == nil else { return count }
    let mean = count.detached().clone()
    do { try current.world.average(mean) } catch { current.failure = error }
    return mean
  }

  /// The factor that a mean over this process's pixels is multiplied by; `nil` if this process has the whole batch.
  static func share(ofPixels count: Int, device: Device) -> Tensor? {
    guard current != nil else { return nil }
    let count = Tensor.full([], Double(count), device: device)
    return count / divisor(count).nonzero
  }
}
