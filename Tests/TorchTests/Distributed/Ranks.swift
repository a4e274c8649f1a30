import Foundation
import Synchronization
import Torch

/// Runs `body` as each of `count` processes would, on threads of this one, and waits for all.
///
/// They meet over the loopback at a free port. What they throw stands in for their results.
func ranks<Value: Sendable>(
  _ count: Int, timeout: Duration = .seconds(120), _ body: @escaping @Sendable (ProcessGroup) throws -> Value
) throws -> [Result<Value, any Error>] {
  let server = try RendezvousServer()
  let port = server.port
  return threads(count) { rank in
    let group = try ProcessGroup(
      rank: rank, size: count, address: "127.0.0.1", port: port, serves: false, timeout: timeout,
      meetingTimeout: .seconds(120))
    return try body(group)
  }
}

/// Runs `body` for each number on a thread of its own.
func threads<Value: Sendable>(
  _ count: Int, _ body: @escaping @Sendable (Int) throws -> Value
) -> [Result<Value, any Error>] {
  let results = Results<Value>(count)
  let done = DispatchGroup()
  for number in 0..<count {
    done.enter()
    let thread = Thread {
      let result = Result { try body(number) }
      results.values.withLock { $0[number] = result }
      done.leave()
    }
    thread.stackSize = 8 << 20
    thread.start()
  }
  done.wait()
  return results.values.withLock { $0.map { $0! } }
}

private final class Results<Value: Sendable>: Sendable {
  let values: Mutex<[Result<Value, any Error>?]>
  init(_ count: Int) { values = Mutex(Array(repeating: nil, count: count)) }
}

extension Result {
  /// The error that was thrown, as its one line.
  var message: String? {
    guard case .failure(let error) = self else { return nil }
    return "\(error)"
  }
}
