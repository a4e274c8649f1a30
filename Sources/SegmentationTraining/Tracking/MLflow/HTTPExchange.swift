import Files
import Foundation
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A request to a server and its answer, for which the program waits only a limited time.
final class HTTPExchange: NSObject, URLSessionDataDelegate, Sendable {
  struct Answer: Sendable {
    let status: Int
    let body: Data
  }

  /// The reason why there is no answer, in words for a person.
  struct Failure: Error {
    let reason: String
  }

  private struct State {
    var status: Int?
    var body = Data()
    var problem: String?
  }

  private static let largestAnswer = 1 << 22
  /// The queue on which answers arrive. It has its own threads, so answers do not wait for the cores that training
  /// uses.
  private static let thread = DispatchQueue(label: "rtseg.http")

  private let state = Mutex(State())
  private let ended = DispatchSemaphore(value: 0)

  static func answer(to request: URLRequest, within seconds: Double) throws(Failure) -> Answer {
    let exchange = HTTPExchange()
    let queue = OperationQueue()
    queue.maxConcurrentOperationCount = 1
    queue.underlyingQueue = thread
    let session = URLSession(configuration: .ephemeral, delegate: exchange, delegateQueue: queue)
    defer { session.invalidateAndCancel() }
    session.dataTask(with: request).resume()
    guard exchange.ended.wait(timeout: .now() + seconds) == .success else {
      throw Failure(reason: "no answer came within \(Int(seconds.rounded(.up))) s")
    }
    let state = exchange.state.withLock { $0 }
    guard let status = state.status, state.problem == nil else {
      throw Failure(reason: state.problem ?? "the connection broke off")
    }
    return Answer(status: status, body: state.body)
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
  ) {
    state.withLock { $0.status = (response as? HTTPURLResponse)?.statusCode }
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    let isTooLong = state.withLock { state in
      state.body += data.prefix(Self.largestAnswer)
      guard state.body.count > Self.largestAnswer else { return false }
      state.problem = "its answer has more than \(Self.largestAnswer) bytes"
      return true
    }
    if isTooLong { dataTask.cancel() }
  }

  /// Refuses to follow a redirection, because that would send a password to another server.
  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
  ) {
    let place = request.url?.absoluteString.printable(limit: 200) ?? "elsewhere"
    state.withLock { $0.problem = "it points to \(place); give that server's own address" }
    completionHandler(nil)
    task.cancel()
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    state.withLock { state in
      if let error, state.problem == nil { state.problem = error.localizedDescription }
    }
    ended.signal()
  }
}
