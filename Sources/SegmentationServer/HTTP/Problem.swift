import Files
import Foundation
import HTTPTypes
import Hummingbird

/// An error that a client gets, as the problem details of RFC 9457.
struct Problem: Error {
  /// A kind of refusal that the metrics count.
  enum Reason: String, CaseIterable {
    case queueFull = "queue_full"
    case queueTimeout = "queue_timeout"
    case timeout
    case clientTimeout = "client_timeout"
    case tooLarge = "too_large"
    case token
    case clientGone = "client_gone"
  }

  let status: HTTPResponse.Status
  /// One line for people: what is wrong, what was expected and what to do.
  let detail: String
  var headers: HTTPFields = [:]
  var reason: Reason?

  init(_ status: HTTPResponse.Status, _ detail: String, headers: HTTPFields = [:], reason: Reason? = nil) {
    self.status = status
    self.detail = detail.printable(limit: 500)
    self.headers = headers
    self.reason = reason
  }

  private struct Content: Encodable {
    let type = "about:blank"
    let title: String
    let status: Int
    let detail: String
    /// The same text under the name that the Open Inference Protocol gives it.
    let error: String
  }

  var response: Response {
    let content = Content(title: status.reasonPhrase, status: status.code, detail: detail, error: detail)
    var headers = headers
    headers[.contentType] = "application/problem+json"
    return Response(
      status: status, headers: headers, body: ResponseBody(byteBuffer: (try? JSON.encode(content)) ?? ByteBuffer()))
  }
}
