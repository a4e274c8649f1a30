import CTorch

/// Processes that train together, and what they do together: sums, broadcasts, waits.
///
/// All processes of a group call the same operations in the same order. Each wait ends after the group's time-out. The
/// first failure ends the group: all that waits and all that is called afterwards fails with the same error, here and,
/// since the connections are closed, in the other processes.
public final class ProcessGroup {
  /// The library that carries values between processes.
  public enum Backend: String, Sendable, CaseIterable, Codable {
    /// Values in the memory of CPUs, over TCP.
    case gloo
    /// Values in the memory of NVIDIA GPUs.
    case nccl
  }

  /// How the values of all processes become one.
  public enum Reduction: Int32, Sendable {
    /// The sum over all processes.
    case sum = 0
    /// The mean over all processes.
    case mean = 1
    /// The largest value of all processes.
    case maximum = 2
    /// The smallest value of all processes.
    case minimum = 3
  }

  /// This process's number, from 0.
  public let rank: Int
  /// The number of processes.
  public let size: Int
  /// The library that carries values between the processes.
  public let backend: Backend
  let handle: ct_process_group

  /// Meets the other processes; returns when all have come.
  /// - Parameters:
  ///   - address: The name or number of the machine that serves.
  ///   - port: Its port.
  ///   - serves: Whether this process serves at the port; otherwise another one does, such as a `RendezvousServer`.
  ///   - device: Where this process computes.
  ///   - timeout: How long to wait for the others in each operation.
  ///   - meetingTimeout: How long to wait until all have come; `timeout` if it is `nil`.
  ///   - attempt: How often all processes have been started anew if the server outlives them.
  /// - Throws: `ProcessGroupError`.
  public init(
    rank: Int, size: Int, address: String, port: Int, serves: Bool, backend: Backend = .gloo, device: Device = .cpu,
    timeout: Duration, meetingTimeout: Duration? = nil, attempt: Int = 0
  ) throws {
    self.rank = rank
    self.size = size
    self.backend = backend
    func refuse(_ reason: String) -> ProcessGroupError {
      ProcessGroupError(rank: rank, description: "rank \(rank): \(reason)")
    }
    guard (1...Self.sizeLimit).contains(size) else {
      throw refuse("the number of processes must be 1 to \(Self.sizeLimit), not \(size)")
    }
    guard (0..<size).contains(rank) else {
      throw refuse("the rank must be 0 to \(size - 1), since there are \(size) processes")
    }
    guard (1...65535).contains(port) else { throw refuse("the port must be 1 to 65535, not \(port)") }
    guard !address.isEmpty, !address.utf8.contains(0) else { throw refuse("the address is empty") }
    func milliseconds(_ time: Duration) throws -> Int {
      guard time > .zero, time <= .seconds(7 * 86400) else {
        throw refuse("the time-out must be more than nothing and at most 7 days, not \(time)")
      }
      return max(1, Int(time / .milliseconds(1)))
    }
    let operation = try milliseconds(timeout)
    let meeting = try milliseconds(meetingTimeout ?? timeout)
    var out: ct_process_group?
    let connected = address.withCString { address in
      var options = ct_process_group_options(
        rank: rank, size: size, address: address, port: port, serves: serves, attempt: attempt,
        backend: Int32(backend == .gloo ? ct_gloo : ct_nccl), device: device.handle,
        timeout_milliseconds: operation,
        meeting_milliseconds: meeting)
      return ct_process_group_connect(&options, &out)
    }
    guard connected, let out else { throw ProcessGroupError.last(rank: rank) }
    handle = out
  }

  deinit { ct_process_group_free(handle) }

  /// More processes than any training has use for.
  public static let sizeLimit = 65536

  /// The backends that this build and libtorch can use here.
  public static var backends: [Backend] {
    var gloo = false
    var nccl = false
    ct_distributed_backends(&gloo, &nccl)
    return (gloo ? [.gloo] : []) + (nccl ? [.nccl] : [])
  }

  /// Why the group can be used no more, `nil` if it can.
  public var failure: ProcessGroupError? {
    guard let words = ct_process_group_failure(handle) else { return nil }
    defer { ct_free_string(words) }
    return ProcessGroupError(rank: rank, description: String(cString: words))
  }

  /// Ends all that waits here with an error; the other processes find their connections closed.
  ///
  /// It may be called from any thread.
  public func abort(reason: String = "this process gives up") { ct_process_group_abort(handle, reason) }

  /// Leaves a note where the processes have met, for all of them to read, also after the group has failed. The first note
  /// under a key stays.
  /// - Returns: False if the place cannot be reached any more.
  @discardableResult
  public func leave(_ note: String, key: String) -> Bool { ct_process_group_leave(handle, key, note) }

  /// The note under a key; nil if there is none or the place cannot be reached any more.
  public func note(key: String) -> String? {
    guard let words = ct_process_group_find(handle, key) else { return nil }
    defer { ct_free_string(words) }
    return String(cString: words)
  }

  /// Throws the group's error when a call of the C layer failed.
  func check(_ succeeded: Bool) throws(ProcessGroupError) {
    if !succeeded { throw ProcessGroupError.last(rank: rank) }
  }
}

// The C layer guards what `abort` touches from another thread; all else is called by the thread that trains.
extension ProcessGroup: @unchecked Sendable {}
