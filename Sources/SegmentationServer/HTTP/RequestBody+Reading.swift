import HTTPTypes
import Hummingbird
import NIOCore

extension Request {
  /// Reads the whole body.
  /// - Parameters:
  ///   - limit: The largest body in bytes.
  ///   - seconds: The time that the client has for sending it.
  /// - Throws: A `Problem`; `HTTPParserError` if the connection ends before the body does.
  func readBody(limit: Int, seconds: Double) async throws -> ByteBuffer {
    let tooLarge = Problem(
      .contentTooLarge, "the body has more than \(limit) bytes; send a smaller image or raise --body-limit",
      reason: .tooLarge)
    let announced = headers[.contentLength].flatMap { Int($0) }
    if let announced, announced > limit { throw tooLarge }
    let body = self.body
    let buffer = try await withTimeLimit(
      seconds: seconds,
      Problem(.requestTimeout, "the body did not arrive within \(seconds) seconds", reason: .clientTimeout)
    ) {
      do { return try await body.collect(upTo: limit) } catch is NIOTooManyBytesError { throw tooLarge }
    }
    if let announced, buffer.readableBytes < announced {
      throw Problem(.badRequest, "the body ended after \(buffer.readableBytes) of \(announced) bytes")
    }
    return buffer
  }
}

/// Waits for a result, but no longer than some time.
/// - Throws: The error of `body`, or `error` when the time is over; `body` is cancelled then.
func withTimeLimit<Result: Sendable>(
  seconds: Double, _ error: any Error, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
  try await withThrowingTaskGroup(of: Result.self) { group in
    group.addTask(operation: body)
    group.addTask {
      try await Task.sleep(for: .seconds(seconds))
      throw error
    }
    defer { group.cancelAll() }
    return try await group.next()!
  }
}
