import HTTPTypes
import Hummingbird

/// A file of the page that the program holds.
struct PageFile: Sendable {
  let path: String
  let contentType: String
  let bytes: [UInt8]

  static let all = [
    PageFile(path: "/", contentType: "text/html; charset=utf-8", bytes: PackageResources.index_html),
    PageFile(path: "/page.css", contentType: "text/css; charset=utf-8", bytes: PackageResources.page_css),
    PageFile(path: "/page.js", contentType: "text/javascript; charset=utf-8", bytes: PackageResources.page_js),
    PageFile(path: "/server.js", contentType: "text/javascript; charset=utf-8", bytes: PackageResources.server_js),
    PageFile(path: "/view.js", contentType: "text/javascript; charset=utf-8", bytes: PackageResources.view_js),
    PageFile(path: "/zip.js", contentType: "text/javascript; charset=utf-8", bytes: PackageResources.zip_js),
    PageFile(path: "/icon.svg", contentType: "image/svg+xml", bytes: PackageResources.icon_svg),
  ]

  /// The page loads nothing from elsewhere, and nothing else may show it in a frame.
  private static let policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src blob:; connect-src 'self'; "
    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  var route: Route {
    Route(method: .get, path: path) { _, _ in
      Response(
        status: .ok,
        headers: [
          .contentType: contentType, .cacheControl: "no-cache", .contentSecurityPolicy: Self.policy,
          .referrerPolicy: "no-referrer", .permissionsPolicy: "camera=(self), microphone=()",
        ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
  }
}
