import CTorch

/// Averages gradients over the processes of a group while the backward pass still runs.
///
/// Gradients are put together in buckets, each of which is sent as soon as it is full. Bucket boundaries follow the
/// order in which gradients came in the first backward pass.
public final class GradientSynchronizer {
  /// The processes whose gradients are averaged.
  public let group: ProcessGroup
  private let handle: ct_reducer

  /// - Parameters:
  ///   - parameters: The same in all processes, in the same order; those without gradient are left out.
  ///   - bucketBytes: The size of all buckets but the first, which holds 1 MiB, so that sending begins early.
  ///   - findsUnusedParameters: Whether a backward pass may leave out parameters. Finding them costs time; without it, a
  ///     parameter that gets no gradient is an error at the next step.
  /// - Throws: `ProcessGroupError` unless all processes give parameters of the same types and sizes.
  public init(
    _ parameters: [Tensor], group: ProcessGroup, bucketBytes: Int = 25 << 20, findsUnusedParameters: Bool = false
  ) throws {
    self.group = group
    var seen = Set<UInt>()
    let parameters = parameters.filter { $0.requiresGrad && seen.insert($0.identity).inserted }
    try Self.requireSame(parameters, group)
    var out: ct_reducer?
    try group.check(
      withHandles(parameters) {
        ct_reducer_make(
          group.handle, $0[0], parameters.count, min(1 << 20, bucketBytes), bucketBytes, findsUnusedParameters, &out)
      })
    handle = out!
  }

  deinit { ct_reducer_free(handle) }

  /// Call before each backward pass, after the forward pass.
  ///
  /// After a backward pass that synchronizes, gradients are means over the processes: of what that pass and those since
  /// the last such pass gave.
  /// - Parameters:
  ///   - outputs: What the backward pass starts from, such as the loss.
  ///   - synchronizing: False only accumulates: for all batches but the last of a step.
  public func prepareForBackward(outputs: [Tensor], synchronizing: Bool = true) throws {
    guard synchronizing else { return }
    try group.check(withHandles(outputs) { ct_reducer_prepare(handle, $0[0], outputs.count) })
  }

  /// Refuses parameters that differ from those of another process, before their bytes are taken for each other.
  private static func requireSame(_ parameters: [Tensor], _ group: ProcessGroup) throws {
    let own = parameters.map { "\($0.dtype) \($0.shape)" }
    let all = try group.allGather(Array(own.joined(separator: "\n").utf8))
    for (rank, bytes) in all.enumerated() {
      let other = bytes.isEmpty ? [] : String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
      guard other != own else { continue }
      let difference: String
      if other.count != own.count {
        difference = "rank \(rank) has \(other.count) parameters, this process \(own.count)"
      } else {
        let index = zip(own, other).enumerated().first { $1.0 != $1.1 }!.offset
        difference = "parameter \(index) is \(other[index]) in rank \(rank), \(own[index]) here"
      }
      throw ProcessGroupError(
        rank: group.rank, description: "rank \(group.rank): the processes train different networks: \(difference)")
    }
    guard !own.isEmpty else {
      throw ProcessGroupError(
        rank: group.rank, description: "rank \(group.rank): there is no parameter to train, so no gradient to average")
    }
  }
}
