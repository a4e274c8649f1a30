import Foundation

/// A pipe between this process and another. No other process inherits its ends.
struct Pipe {
  let reading: Int32
  let writing: Int32

  init() throws(VideoError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw VideoError("cannot make a pipe: \(String(cString: strerror(errno)))") }
    // Numbers that no standard file of the other process has.
    let moved = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 10) }
    for end in ends { close(end) }
    guard moved.allSatisfy({ $0 >= 0 }) else {
      throw VideoError("cannot make a pipe: \(String(cString: strerror(errno)))")
    }
    (reading, writing) = (moved[0], moved[1])
  }

  /// Lets the pipe hold as much as the system allows, up to a MiB, so that a frame does not pass in many small pieces.
  func enlarge() {
    #if os(Linux)
      _ = fcntl(writing, 1031 /* F_SETPIPE_SZ */, 1 << 20)
    #endif
  }

  /// Blocks the signal of a broken pipe for this thread: writing fails with an error instead.
  static func blockBrokenPipeSignal() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }
}

/// The end of a pipe that this process reads. It waits for a while only, and not after an interruption.
final class PipeReader {
  enum Failure: Error, Equatable {
    case interrupted
    /// Nothing came for as long as the reader waits.
    case silent
    case system(Int32)
  }

  private let descriptor: Int32
  private let isInterrupted: @Sendable () -> Bool
  /// How many seconds the reader waits for the next bytes; `nil` for any time.
  var patience: Double?

  /// Takes over a descriptor.
  init(_ descriptor: Int32, isInterrupted: @escaping @Sendable () -> Bool) {
    self.descriptor = descriptor
    self.isInterrupted = isInterrupted
  }

  deinit { close(descriptor) }

  /// Reads until the buffer is full or the other side ends.
  /// - Returns: The number of bytes that were read.
  func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    var done = 0
    while done < buffer.count {
      let count = try readSome(UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Reads what is there, or waits for it; 0 at the end.
  func readSome(_ buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    let start = ContinuousClock.now
    while true {
      if isInterrupted() { throw .interrupted }
      var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let status = poll(&wanted, 1, 100)
      if status < 0, errno != EINTR { throw .system(errno) }
      if status > 0 {
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        if count >= 0 { return count }
        if errno != EINTR, errno != EAGAIN { throw .system(errno) }
      } else if let patience, ContinuousClock.now - start > .seconds(patience) {
        throw .silent
      }
    }
  }

  /// Reads a line without its end; `nil` at the end, also for a line that is not whole or too long.
  func line(limit: Int = 4096) throws(Failure) -> String? {
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let text = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeSubrange(...end)
        return text
      }
      guard pending.count < limit else { return nil }
      var bytes = [UInt8](repeating: 0, count: 4096)
      var failure: Failure?
      let count = bytes.withUnsafeMutableBytes { buffer in
        do throws(Failure) { return try readSome(buffer) } catch {
          failure = error
          return 0
        }
      }
      if let failure { throw failure }
      if count == 0 { return nil }
      pending += bytes[..<count]
    }
  }

  private var pending: [UInt8] = []
}
