import Files
import Foundation

/// Where a search listens for what its trial's process says: a socket in a folder of its own, removed with it.
final class TrialListener {
  /// Tells a trial's process the socket's path.
  static let variable = "RTSEG_TRIAL_SOCKET"

  let path: String
  private let folder: String
  private let descriptor: Int32
  private var connection: LocalSocket?

  /// - Throws: `FileError`.
  init() throws(FileError) {
    let place = FileManager.default.temporaryDirectory.path
    // Systems take no long paths of sockets.
    let template = (FileName.bytes(place).count < 60 ? place : "/tmp") + "/rtseg-XXXXXX"
    var name = FileName.bytes(template) + [0]
    let made = name.withUnsafeMutableBytes { bytes in
      mkdtemp(bytes.baseAddress!.assumingMemoryBound(to: CChar.self)) != nil
    }
    guard made else { throw FileError("make a folder in", place) }
    folder = FileName.text(name.dropLast())
    path = "\(folder)/trial"
    descriptor = LocalSocket.make()
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    let isBound =
      descriptor >= 0 && LocalSocket.withAddress(path) { bind(descriptor, $0, $1) } == 0 && listen(descriptor, 4) == 0
    guard isBound else { throw FileError("listen at", path) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    _ = FileName.withCString(path) { unlink($0) }
    _ = FileName.withCString(folder) { rmdir($0) }
  }

  /// The bytes that came and were not taken yet; never waits.
  func messages() -> [TrialMessage] {
    if connection == nil {
      var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard Foundation.poll(&poll, 1, 0) > 0 else { return [] }
      let accepted = accept(descriptor, nil, nil)
      guard accepted >= 0 else { return [] }
      connection = LocalSocket(descriptor: accepted)
    }
    var messages: [TrialMessage] = []
    while let line = connection?.line(within: 0) {
      if let message = TrialMessage(line: line) { messages.append(message) }
    }
    return messages
  }

  func answer(_ verdict: TrialVerdict) { connection?.send(verdict.rawValue) }
}
