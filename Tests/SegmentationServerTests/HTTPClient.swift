import Foundation

/// A connection to a server on this machine that can misbehave in every way, as it sends the bytes it is told.
final class HTTPClient: Sendable {
  /// An answer, or nothing if the server closed the connection.
  struct Answer {
    let status: Int
    let headers: [String: String]
    let body: Data

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The JSON object of the body.
    var json: [String: Any] {
      get throws { try JSONSerialization.jsonObject(with: body) as? [String: Any] ?? [:] }
    }
  }

  struct ConnectionError: Error {}

  private let socket: Int32

  init(port: Int) throws {
    #if canImport(Glibc)
      let stream = Int32(SOCK_STREAM.rawValue)
    #else
      let stream = SOCK_STREAM
    #endif
    socket = Foundation.socket(AF_INET, stream, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let isConnected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    if !isConnected {
      close(socket)
      throw ConnectionError()
    }
    // Far longer than any answer takes: a test that hangs should end.
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(socket) }

  func send(_ text: String) async { await send(Data(text.utf8)) }

  /// Sends bytes; a server that has closed the connection is no error.
  func send(_ bytes: Data) async {
    await onThread { [socket] in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Foundation.send(socket, $0.baseAddress, $0.count, noSignal) }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
      }
    }
  }

  /// Tells the server that nothing more comes.
  func finish() { shutdown(socket, Int32(SHUT_WR)) }

  /// Reads an answer; `nil` if the server closes the connection without one.
  /// - Parameter hasBody: Whether the bytes that the head announces follow; those for HEAD do not.
  func answer(hasBody: Bool = true) async -> Answer? { await onThread { [self] in readAnswer(hasBody: hasBody) } }

  private func readAnswer(hasBody: Bool) -> Answer? {
    var bytes = Data()
    func readMore() -> Bool {
      var buffer = [UInt8](repeating: 0, count: 65536)
      let count = recv(socket, &buffer, buffer.count, 0)
      guard count > 0 else { return false }
      bytes.append(contentsOf: buffer[..<count])
      return true
    }
    while true {
      while bytes.range(of: Data("\r\n\r\n".utf8)) == nil { guard readMore() else { return nil } }
      let end = bytes.range(of: Data("\r\n\r\n".utf8))!
      let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
      let status = Int(lines[0].split(separator: " ")[1]) ?? 0
      bytes = Data(bytes[end.upperBound...])
      if status == 100 { continue }
      var headers: [String: String] = [:]
      for line in lines.dropFirst() {
        let pair = line.split(separator: ":", maxSplits: 1)
        headers[pair[0].lowercased()] = pair[1].trimmingCharacters(in: .whitespaces)
      }
      let length = hasBody ? Int(headers["content-length"] ?? "0") ?? 0 : 0
      while bytes.count < length { guard readMore() else { break } }
      return Answer(status: status, headers: headers, body: bytes)
    }
  }
}

/// Runs `body` on a thread of its own: the threads of tasks are the server's, too, and must not wait.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
  await withCheckedContinuation { continuation in
    Thread.detachNewThread { continuation.resume(returning: body()) }
  }
}

#if os(Linux)
  private let noSignal = Int32(MSG_NOSIGNAL)
#else
  private let noSignal: Int32 = 0
#endif
