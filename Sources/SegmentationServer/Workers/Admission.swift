import Synchronization

/// Counts the requests that are being answered, and refuses those that are too many before their bodies are read: the
/// memory of the server is bounded whatever its clients send.
final class Admission: Sendable {
  private let limit: Int
  private let count = Mutex(0)

  init(limit: Int) { self.limit = limit }

  /// The number of requests that are being answered, those included whose bodies are still arriving.
  var admitted: Int { count.withLock { $0 } }

  /// Runs `body` if there is room for another request.
  /// - Throws: A `Problem` with status 429.
  func admitting<Result>(_ body: () async throws -> Result) async throws -> Result {
    let hasRoom = count.withLock { count in
      if count >= limit { return false }
      count += 1
      return true
    }
    guard hasRoom else {
      throw Problem(
        .tooManyRequests, "\(limit) requests are being answered or wait; repeat this one later",
        headers: [.retryAfter: "1"], reason: .queueFull)
    }
    defer { count.withLock { $0 -= 1 } }
    return try await body()
  }
}
