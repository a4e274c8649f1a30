import Files
import Foundation

/// The socket at which a search receives the messages of its trial's process. It lies in a folder of its own, which is
/// removed with it.
final class TrialListener {
  /// The environment variable that gives the socket's path to the trial's process.
  static let variable = "RTSEG_TRIAL_SOCKET"

  let path: String
  private let folder: String
  private let descriptor: Int32
  private var connection: LocalSocket?

  /// - Throws: `FileError` if the folder or the socket cannot be created.
  init() throws(FileError) {
    let place = FileManager.default.temporaryDirectory.path
    // Systems accept only short paths of sockets.
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

  /// The messages that have come since the last call. This does not wait.
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
