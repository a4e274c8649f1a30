import Basics
import Files
import Foundation
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Fetches one address into an open file, piece by piece.
final class Download: NSObject, URLSessionDataDelegate, Sendable {
  private struct State {
    let file: OutputFile
    let hash = ContentHash.Stream()
    var received = 0
    /// The first bytes, which tell what kind of file it is.
    var start: [UInt8] = []
    var redirections = 0
    /// As the server announces it.
    var expected: Int?
    /// Why the transfer was ended from here.
    var refusal: (any Error)?
    /// How the transfer ended, once it has.
    var ending: (any Error)?
  }

  /// The content that arrived.
  struct Content {
    /// The SHA-256 as hexadecimal digits.
    let hash: String
    /// The number of bytes.
    let size: Int
    /// The first bytes.
    let start: [UInt8]
  }

  private static let startCount = 512
  private static let mostRedirections = 10
  /// Seconds.
  private static let longestSilence = 86_400.0

  private let url: URL
  private let limits: DownloadLimits
  private let log: WeightsLog
  private let isInterrupted: @Sendable () -> Bool
  private let state: Mutex<State>
  private let ended = DispatchSemaphore(value: 0)
  /// An operation queue does not keep the queue that it runs on.
  private static let thread = DispatchQueue(label: "rtseg.download")

  init(
    of url: URL, to file: OutputFile, limits: DownloadLimits, log: WeightsLog,
    isInterrupted: @escaping @Sendable () -> Bool
  ) {
    self.url = url
    self.limits = limits
    self.log = log
    self.isInterrupted = isInterrupted
    state = Mutex(State(file: file))
  }

  /// Waits for the end of the transfer.
  func run() throws -> Content {
    // A serial queue has threads of its own. The session's usual queue shares its threads, one per core, with everything
    // else that runs concurrently: if those are busy, what arrives would wait and the download look stalled.
    let queue = OperationQueue()
    queue.maxConcurrentOperationCount = 1
    queue.underlyingQueue = Self.thread
    // The watch below judges the speed. The session's own limit of a minute would also end a download during which the
    // computer slept.
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = Self.longestSilence
    let session = URLSession(configuration: configuration, delegate: self, delegateQueue: queue)
    defer { session.invalidateAndCancel() }
    var request = URLRequest(url: url)
    // A compressed answer could grow without end on the way.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    let task = session.dataTask(with: request)
    task.resume()
    var watch = TransferWatch(limits: limits, at: .now)
    while ended.wait(timeout: .now() + 0.1) == .timedOut {
      if isInterrupted() { throw end(WeightsError("\(url.absoluteString): the download was interrupted")) }
      let (received, expected) = state.withLock { ($0.received, $0.expected) }
      log.progress(Self.progress(received, of: expected))
      if let problem = watch.problem(received: received, at: .now) { throw end(failure(problem)) }
    }
    return try state.withLock { state in
      if let error = state.refusal ?? state.ending.map({ failure($0.localizedDescription) }) { throw error }
      return Content(hash: state.hash.finish(), size: state.received, start: state.start)
    }
  }

  /// Has what still arrives dropped: the file is closed then.
  private func end(_ error: WeightsError) -> WeightsError {
    state.withLock { $0.refusal = error }
    return error
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
  ) {
    if let refusal = refusal(of: response) {
      state.withLock { $0.refusal = $0.refusal ?? refusal }
      return completionHandler(.cancel)
    }
    let bytes = Int(response.expectedContentLength)
    state.withLock { $0.expected = bytes < 0 ? nil : bytes }
    log.message("downloading \(url.absoluteString) (\(bytes < 0 ? "size unknown" : Self.megabytes(bytes)))")
    completionHandler(.allow)
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
  ) {
    let refusal: WeightsError? = state.withLock { state in
      state.redirections += 1
      if state.redirections > Self.mostRedirections {
        state.refusal = failure("the server redirects more than \(Self.mostRedirections) times")
      } else if !isSafe(request.url) {
        let place = request.url?.absoluteString.printable(limit: 200) ?? "nowhere"
        state.refusal = failure("the server redirects to \(place), which is not as safe as the address asked for")
      }
      return state.refusal as? WeightsError
    }
    completionHandler(refusal == nil ? request : nil)
  }

  /// Whether a place that a server names may be followed: encryption must not get lost on the way.
  private func isSafe(_ other: URL?) -> Bool {
    switch other?.scheme?.lowercased() {
    case "https": true
    case "http": url.scheme?.lowercased() == "http"
    default: false
    }
  }

  private func refusal(of response: URLResponse) -> WeightsError? {
    let answer = response as? HTTPURLResponse
    if let status = answer?.statusCode, status != 200 {
      return failure("HTTP \(status) \(HTTPURLResponse.localizedString(forStatusCode: status))")
    }
    let encoding = answer?.value(forHTTPHeaderField: "Content-Encoding") ?? "identity"
    if encoding.lowercased() != "identity" {
      return failure("the server sends it compressed (\(encoding.printable(limit: 20))), though asked not to")
    }
    return response.expectedContentLength > limits.size ? tooLarge(Int(response.expectedContentLength)) : nil
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    state.withLock { state in
      guard state.refusal == nil else { return }
      do {
        state.received += data.count
        if state.received > limits.size { throw tooLarge(nil) }
        state.start += data.prefix(Self.startCount - state.start.count)
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

  private func tooLarge(_ bytes: Int?) -> WeightsError {
    failure(
      "it has \(bytes.map(Self.megabytes) ?? "more"), expected at most \(Self.megabytes(limits.size)) of weights")
  }

  private func failure(_ reason: String) -> WeightsError {
    WeightsError("\(url.absoluteString): cannot be downloaded: \(reason); download it by hand and pass the path")
  }

  private static func progress(_ received: Int, of expected: Int?) -> String {
    let share = expected.map { $0 > 0 ? " of \(megabytes($0)), \(min(100, received * 100 / $0)) %" : "" } ?? ""
    return "downloaded \(megabytes(received))\(share)"
  }

  private static func megabytes(_ bytes: Int) -> String { String(format: "%.1f MB", Double(bytes) / 1e6) }
}
