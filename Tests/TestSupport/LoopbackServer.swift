import Foundation
import Synchronization

/// A small HTTP server on this machine's own address, for tests of downloads.
public final class LoopbackServer: Sendable {
  /// A file that it serves. Where the length that it announces is not the content's, the transfer breaks off.
  public struct File: Sendable {
    let content: Data
    let announcedLength: Int?
    let headers: String
    let staysOpen: Bool
    let status: String

    /// - Parameters:
    ///   - announcedLength: Nil for the content's.
    ///   - hidesLength: Whether no length is announced.
    ///   - headers: More lines of the answer's head.
    ///   - staysOpen: Whether nothing more comes after the content, and no end either.
    ///   - status: The code and its text.
    public init(
      _ content: Data, announcedLength: Int? = nil, hidesLength: Bool = false, headers: [String] = [],
      staysOpen: Bool = false, status: String = "200 OK"
    ) {
      self.content = content
      self.announcedLength = hidesLength ? nil : announcedLength ?? content.count
      self.headers = headers.map { $0 + "\r\n" }.joined()
      self.staysOpen = staysOpen
      self.status = status
    }
  }

  /// The port, which was free when the server began.
  public let port: Int
  private let socket: Int32
  private let log = Log()

  private final class Log: Sendable {
    let paths = Mutex<[String]>([])
  }

  /// Paths asked for until now.
  public var requests: [String] { log.paths.withLock { $0 } }

  /// - Parameter files: By path, such as `/weights.pth`; anything else is not found.
  public init(_ files: [String: File]) {
    signal(SIGPIPE, SIG_IGN)  // a client that has read enough
    #if canImport(Glibc)
      let stream = Int32(SOCK_STREAM.rawValue)
    #else
      let stream = SOCK_STREAM
    #endif
    let socket = Foundation.socket(AF_INET, stream, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        precondition(bind(socket, generic, length) == 0 && listen(socket, 8) == 0)
        precondition(getsockname(socket, generic, &length) == 0)
      }
      return UInt16(bigEndian: pointer.pointee.sin_port)
    }
    self.socket = socket
    self.port = Int(port)
    Thread.detachNewThread { [log] in
      while case let client = accept(socket, nil, nil), client >= 0 {
        Self.answer(client, files, log)
        close(client)
      }
    }
  }

  deinit {
    shutdown(socket, Int32(SHUT_RDWR))
    close(socket)
  }

  /// The address of a file.
  public func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

  private static func answer(_ client: Int32, _ files: [String: File], _ log: Log) {
    var request = Data()
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !request.contains(Data("\r\n\r\n".utf8)) {
      let count = recv(client, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      request.append(contentsOf: buffer[..<count])
    }
    let path = String(decoding: request, as: UTF8.self).split(separator: " ")[1]
    log.paths.withLock { $0.append(String(path)) }
    let file = files[String(path)]
    let status = file?.status ?? "404 Not Found"
    let length = (file == nil ? 0 : file?.announcedLength).map { "Content-Length: \($0)\r\n" } ?? ""
    let head = "HTTP/1.1 \(status)\r\n\(length)\(file?.headers ?? "")Connection: close\r\n\r\n"
    let answer = Data(head.utf8) + (file?.content ?? Data())
    var rest = answer[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(client, $0.baseAddress, $0.count, noSignal) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
    if file?.staysOpen == true { while recv(client, &buffer, buffer.count, 0) > 0 {} }
  }
}

extension Data {
  fileprivate func contains(_ other: Data) -> Bool { range(of: other) != nil }
}

#if os(Linux)
  /// To send to a reader that has gone is an error, and no signal that ends the tests.
  private let noSignal = Int32(MSG_NOSIGNAL)
#else
  private let noSignal: Int32 = 0
#endif
