import Files
import Foundation
import SegmentationData
import Synchronization
import Torch

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Fetches one address into an open file, piece by piece.
final class Download: NSObject, URLSessionDataDelegate, Sendable {
  private struct State {
    let file: OutputFile
    let hash = ContentHash.Stream()
    /// Why the transfer was ended from here.
    var refusal: (any Error)?
    /// How the transfer ended, once it has.
    var ending: (any Error)?
  }

  private let url: URL
  private let log: RunLog
  private let state: Mutex<State>
  private let ended = DispatchSemaphore(value: 0)

  init(of url: URL, to file: OutputFile, log: RunLog) {
    self.url = url
    self.log = log
    state = Mutex(State(file: file))
  }

  /// Waits for the end of the transfer. Returns the content's SHA-256.
  func run() throws -> String {
    let session = URLSession(configuration: .ephemeral, delegate: self, delegateQueue: nil)
    defer { session.invalidateAndCancel() }
    let task = session.dataTask(with: url)
    task.resume()
    while ended.wait(timeout: .now() + 0.1) == .timedOut {
      guard InterruptFlag.isRaised else { continue }
      let error = TrainingError("\(url.absoluteString): the download was interrupted")
      // What still arrives is not written any more: the file is closed then.
      state.withLock { $0.refusal = error }
      throw error
    }
    return try state.withLock { state in
      if let error = state.refusal ?? state.ending.map({ failure($0.localizedDescription) }) { throw error }
      return state.hash.finish()
    }
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
  ) {
    let status = (response as? HTTPURLResponse)?.statusCode ?? 200
    guard status == 200 else {
      let text = HTTPURLResponse.localizedString(forStatusCode: status)
      state.withLock { $0.refusal = failure("HTTP \(status) \(text)") }
      return completionHandler(.cancel)
    }
    let bytes = response.expectedContentLength
    let size = bytes < 0 ? "size unknown" : String(format: "%.1f MB", Double(bytes) / 1e6)
    log.message("downloading \(url.absoluteString) (\(size))")
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    state.withLock { state in
      guard state.refusal == nil else { return }
      do {
        try state.file.write(data)
        state.hash.add(data)
      } catch {
        state.refusal = error
        dataTask.cancel()
      }
    }
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    state.withLock { $0.ending = error }
    ended.signal()
  }

  private func failure(_ reason: String) -> TrainingError {
    TrainingError("\(url.absoluteString): cannot be downloaded: \(reason); download it by hand and pass the path")
  }
}
