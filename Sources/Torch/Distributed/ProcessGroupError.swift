import CTorch

/// Processes that cannot meet or cannot work together any more: who says so, during what, and why.
public struct ProcessGroupError: Error, CustomStringConvertible, Sendable, Equatable {
  /// The rank of the process that says so.
  public let rank: Int
  /// One line, such as "rank 1: all-reduce: rank 0 cannot be reached any more (connection closed by peer)".
  public let description: String

  package init(rank: Int, description: String) {
    self.rank = rank
    self.description = description
  }

  /// The C layer's words for the last failure on this thread.
  static func last(rank: Int) -> ProcessGroupError {
    let words = TorchError(words: String(cString: ct_last_error())).description
    return ProcessGroupError(rank: rank, description: words.hasPrefix("rank ") ? words : "rank \(rank): \(words)")
  }
}
