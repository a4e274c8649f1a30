import HTTPTypes
import Hummingbird

/// An address of the server and what it does.
struct Route: Sendable {
  let method: HTTPRequest.Method
  /// The path as OpenAPI writes it, with names of parameters in braces.
  let path: String
  let answer: @Sendable (Request, ServerContext) async throws -> Response

  /// Whether clients reach an address without the token: the page, which holds no secret and asks for the token, and what
  /// tells that the server runs.
  static func isOpen(_ path: String) -> Bool {
    path == "/health" || path == "/openapi.json" || path.hasPrefix("/v2/health/")
      || PageFile.all.contains { $0.path == path }
  }
}

extension Router where Context == ServerContext {
  /// Adds routes. The other methods of their addresses get status 405.
  func add(_ routes: [Route]) {
    for route in routes { on(RouterPath(route.path), method: route.method, use: route.answer) }
    for (path, routes) in Dictionary(grouping: routes, by: \.path) {
      var allowed = routes.map(\.method)
      if allowed.contains(.get) { allowed.append(.head) }
      let text = allowed.map(\.rawValue).sorted().joined(separator: ", ")
      for method in [HTTPRequest.Method.get, .post, .put, .delete, .patch, .options] where !allowed.contains(method) {
        on(RouterPath(path), method: method) { _, _ -> Response in
          throw Problem(.methodNotAllowed, "this address takes \(text)", headers: [.allow: text])
        }
      }
    }
  }
}
