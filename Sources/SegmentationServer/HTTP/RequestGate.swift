import Files
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

/// All requests go through it: it asks for the token, turns errors into problems, adds the headers that all answers have,
/// and counts and logs.
struct RequestGate: RouterMiddleware {
  typealias Context = ServerContext

  let options: ServerOptions
  let metrics: ServerMetrics

  func handle(
    _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
  ) async throws -> Response {
    let start = ContinuousClock.now
    var response: Response
    do {
      response = try await answer(request, context, next)
    } catch let error as HTTPParserError {
      // The connection is closed with status 400.
      throw error
    } catch {
      let problem = problem(error, request)
      if let reason = problem.reason { metrics.countRefusal(reason) }
      response = problem.response
    }
    addHeaders(&response, request)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    // Hummingbird has a name of its own for paths without a route.
    let route = context.endpointPath.flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "other"
    metrics.countRequest(route: route, status: response.status.code, seconds: seconds)
    if let log = options.log {
      let size = response.body.contentLength.map(String.init) ?? "-"
      log(
        "\(Date().formatted(.iso8601)) \(context.client) \(request.method.rawValue) \(request.uri.path.printable(limit: 200)) "
          + "\(response.status.code) \(size) bytes \(String(format: "%.1f", seconds * 1000)) ms")
    }
    return response
  }

  private func answer(
    _ request: Request, _ context: ServerContext, _ next: (Request, ServerContext) async throws -> Response
  ) async throws -> Response {
    if request.method == .options, options.corsOrigin != nil {
      let headers: HTTPFields = [
        .accessControlAllowMethods: "GET, HEAD, POST",
        .accessControlAllowHeaders: "Authorization, Content-Type, Inference-Header-Content-Length",
        .accessControlMaxAge: "600",
      ]
      return Response(status: .noContent, headers: headers)
    }
    if let token = options.token, !Route.isOpen(request.uri.path),
      !token.isSent(in: request.headers[.authorization])
    {
      throw Problem(
        .unauthorized, "the server expects its token as 'Authorization: Bearer TOKEN'",
        headers: [.wwwAuthenticate: "Bearer"], reason: .token)
    }
    return try await next(request, context)
  }

  private func problem(_ error: any Error, _ request: Request) -> Problem {
    switch error {
    case let problem as Problem: return problem
    case let error as HTTPError where error.status == .notFound:
      return Problem(.notFound, "there is nothing at \(request.uri.path); /openapi.json lists all addresses")
    case let error as HTTPError: return Problem(error.status, error.body ?? error.status.reasonPhrase)
    case is IOError, is ChannelError: return Problem(.badRequest, "the connection ended before the request")
    case is CancellationError: return Problem(.serviceUnavailable, "the server is stopping")
    default:
      options.log?("error: \("\(error)".printable())")
      return Problem(.internalServerError, "the image could not be labelled; the server's log tells more")
    }
  }

  private func addHeaders(_ response: inout Response, _ request: Request) {
    response.headers[.xContentTypeOptions] = "nosniff"
    response.headers[.crossOriginResourcePolicy] = options.corsOrigin == nil ? "same-origin" : "cross-origin"
    if let origin = options.corsOrigin {
      response.headers[.accessControlAllowOrigin] = origin
      response.headers[.accessControlExposeHeaders] = "Server-Timing, X-Image-Size, X-Class-Shares, X-Model"
      if origin != "*" { response.headers[.vary] = "Origin" }
    }
  }
}

extension HTTPField.Name {
  static let referrerPolicy = Self("Referrer-Policy")!
  static let permissionsPolicy = Self("Permissions-Policy")!
  static let serverTiming = Self("Server-Timing")!
  static let imageSize = Self("X-Image-Size")!
  static let classShares = Self("X-Class-Shares")!
  static let model = Self("X-Model")!
  static let inferenceHeaderLength = Self("Inference-Header-Content-Length")!
}
