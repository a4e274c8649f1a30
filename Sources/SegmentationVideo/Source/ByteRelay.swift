import Files
import Foundation

/// Hands the bytes of standard input or of a named pipe first to ffprobe and then, from the beginning, to ffmpeg.
final class ByteRelay: @unchecked Sendable {  // one thread after the other uses it
  private let descriptor: Int32
  private let isInterrupted: @Sendable () -> Bool
  private var kept: [UInt8] = []
  /// Whether the source has ended.
  private var isAtEnd = false

  /// ffprobe looks at 5 MB, and at more if streams begin late.
  private static let mostKept = 1 << 26

  /// - Throws: `VideoError` if a named pipe cannot be opened.
  init(_ source: VideoSource, isInterrupted: @escaping @Sendable () -> Bool) throws(VideoError) {
    if case .namedPipe(let path) = source {
      // Opening waits for the other side to open it, too.
      descriptor = FileName.withCString(path) { open($0, O_RDONLY | O_CLOEXEC) }
      guard descriptor >= 0 else { throw VideoError("\(FileError("read", path))") }
    } else {
      descriptor = STDIN_FILENO
    }
    self.isInterrupted = isInterrupted
  }

  /// Feeds a program until it has seen enough and ends, and keeps what it was given.
  func probe(_ pipe: Int32, _ process: PipedProcess) {
    Pipe.blockBrokenPipeSignal()
    defer { close(pipe) }
    while process.end == nil, kept.count < Self.mostKept, !isInterrupted() {
      guard let bytes = next() else { continue }
      if bytes.isEmpty || !Self.write(bytes[...], to: pipe) { break }
    }
  }

  /// Feeds a program, from the first byte on, on a thread of its own.
  func feed(_ pipe: Int32) {
    Thread.detachNewThread { [self] in
      Pipe.blockBrokenPipeSignal()
      defer { close(pipe) }
      let first = kept
      kept = []
      guard Self.write(first[...], to: pipe) else { return }
      while !isAtEnd, !isInterrupted() {
        guard let bytes = next(keeping: false) else { continue }
        if !Self.write(bytes[...], to: pipe) { return }
      }
    }
  }

  /// The next bytes, none at the end; `nil` if nothing has come yet.
  private func next(keeping: Bool = true) -> [UInt8]? {
    if isAtEnd { return [] }
    var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&wanted, 1, 50) > 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(descriptor, &bytes, bytes.count)
    if count < 0, errno == EINTR || errno == EAGAIN { return nil }
    bytes.removeLast(bytes.count - max(0, count))
    if bytes.isEmpty { isAtEnd = true }
    if keeping { kept += bytes }
    return bytes
  }

  private static func write(_ bytes: ArraySlice<UInt8>, to pipe: Int32) -> Bool {
    (try? OutputFile(descriptor: pipe, path: "a pipe").write(Array(bytes))) != nil
  }
}
