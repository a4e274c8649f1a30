import Basics
import Files
import Foundation

/// A connection between two processes on one machine that carries lines of text.
final class LocalSocket {
  /// The longest path of a socket that all systems accept, in bytes.
  static let longestPath = 100
  private static let longestLine = 1 << 16

  let descriptor: Int32
  private var received: [UInt8] = []
  private(set) var isAtEnd = false

  /// Takes over an open socket.
  init(descriptor: Int32) {
    self.descriptor = descriptor
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  /// Connects to a socket that another process listens at.
  /// - Throws: `FileError` if nobody listens.
  init(connectingTo path: String) throws(FileError) {
    descriptor = Self.make()
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    let isConnected = descriptor >= 0 && Self.withAddress(path) { connect(descriptor, $0, $1) } == 0
    guard isConnected else { throw FileError("reach", path) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  static func make() -> Int32 {
    #if canImport(Darwin)
      socket(AF_UNIX, SOCK_STREAM, 0)
    #else
      socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    #endif
  }

  /// Calls `body` with the address of a path, which must not be longer than `longestPath`.
  static func withAddress<Result>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: FileName.bytes(path).prefix(longestPath)) }
    let size = MemoryLayout<sockaddr_un>.size
    #if canImport(Darwin)
      address.sun_len = UInt8(size)
    #endif
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(size)) }
    }
  }

  /// Writes a line. If nobody reads any more, the next call of `line` notices.
  func send(_ line: String) {
    try? OutputFile(descriptor: descriptor, path: "to a trial").write(Array((line + "\n").utf8))
  }

  /// The next line; `nil` if none has come within the time or the other side is gone.
  func line(within milliseconds: Int32) -> String? {
    let end = ContinuousClock.now + .milliseconds(Int(milliseconds))
    while true {
      if let newline = received.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: received[..<newline], as: UTF8.self)
        received.removeFirst(newline + 1)
        return line
      }
      let left = max(0, (end - .now).seconds * 1000)
      guard !isAtEnd, isReadable(within: Int32(left)) else { return nil }
      readMore()
    }
  }

  private func isReadable(within milliseconds: Int32) -> Bool {
    var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return Foundation.poll(&poll, 1, milliseconds) > 0
  }

  private func readMore() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &buffer, buffer.count)
    if count > 0 {
      received += buffer.prefix(count)
    } else if count == 0 || errno != EINTR {
      isAtEnd = true
    }
    if received.count > Self.longestLine { isAtEnd = true }
  }
}
