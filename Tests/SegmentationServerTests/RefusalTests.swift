import Foundation
import SegmentationImage
import SegmentationServer
import TestSupport
import Testing

/// Requests that cannot be answered: each gets a problem in JSON with its status.
@Suite struct RefusalTests {
  private static let photo = try! TestServer.photo(32, 48).png()
  private static let predict = "/v1/models/net:predict"
  private static let infer = "/v2/models/net/infer"

  struct Bad: Sendable, CustomTestStringConvertible {
    let path: String
    var body = RefusalTests.photo
    var type: String?
    var headers: [String: String] = [:]
    let status: Int
    let text: String

    var testDescription: String { "\(path) \(type ?? "") \(body.count) bytes: \(status) \(text)" }
  }

  private static func form(_ text: String) -> Bad {
    Bad(
      path: predict, body: Data(text.utf8), type: "multipart/form-data; boundary=b", status: 400, text: "multipart")
  }

  private static func json(_ text: String, _ message: String, status: Int = 400) -> Bad {
    Bad(path: infer, body: Data(text.utf8), type: "application/json", status: status, text: message)
  }

  private static func input(
    _ shape: String, _ data: String, name: String = "image", type: String = "UINT8", more: String = ""
  ) -> String {
    #"{"inputs":[{"name":"\#(name)","shape":\#(shape),"datatype":"\#(type)","data":\#(data)}]\#(more)}"#
  }

  /// A PNG header that claims 60000x60000 pixels.
  private static let bomb: Data = {
    var data = photo
    for offset in [16, 20] { data.replaceSubrange(offset..<offset + 4, with: [0, 0, 0xEA, 0x60]) }
    return data
  }()

  static let bad: [Bad] = [
    Bad(path: "/v1/models/other:predict", status: 404, text: "other"),
    Bad(path: "/v1/models/..%2f:predict", status: 404, text: "no network"),
    Bad(path: predict + "?format=gif", status: 400, text: "gif"),
    Bad(path: predict + "?size=3", status: 400, text: "size"),
    Bad(path: predict + "?format=mask&format=ids", status: 400, text: "twice"),
    Bad(path: predict + "?alpha=0.5", status: 400, text: "overlay"),
    Bad(path: predict + "?format=overlay&alpha=nan", status: 400, text: "0 to 1"),
    Bad(path: predict + "?format=score", status: 400, text: "class"),
    Bad(path: predict + "?format=score&class=5", status: 400, text: "0 to 4"),
    Bad(path: predict + "?class=1", status: 400, text: "score"),
    Bad(path: predict, headers: ["Accept": "video/mp4"], status: 406, text: "Accept"),
    Bad(path: predict, body: Data(), status: 400, text: "no image"),
    Bad(path: predict, body: Data("GIF89a".utf8), status: 415, text: "no PNG, JPEG, TIFF, WebP or BMP file"),
    Bad(path: predict, body: photo.prefix(photo.count / 2), status: 400, text: "the image"),
    Bad(path: predict, body: photo.prefix(20), status: 400, text: "the image"),
    Bad(path: predict, body: bomb, status: 413, text: "pixels"),
    Bad(path: predict, type: "multipart/form-data", status: 400, text: "boundary"),
    form("--b\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\nabc"), form("--c\r\n\r\n"), form("--b--"),
    form("--b\r\nno header"), form(String(repeating: "--b\r\n\r\n\r\n", count: 40)), form(""),
    json("", "Inference-Header"), json("[1", "damaged"), json("{}", "inputs is missing"),
    json(#"{"inputs":[]}"#, "expected one input"), json(#"{"inputs":7}"#, "another type"),
    json(String(repeating: "[", count: 100_000), "nested too deeply"),
    json(input("[1,1,1,3]", String(repeating: "[", count: 300) + String(repeating: "]", count: 300)), "damaged"),
    json(input("[1,1,1,3]", "[1,2]"), "3 elements, found 2"), json(input("[1,1,1,3]", "[1,2,300]"), "0 to 255"),
    json(input("[1,1,1,3]", "[1,2,0.5]"), "0 to 255"), json(input("[1,1,1,4]", "[1,2,3,4]"), "expected a shape"),
    json(input("[-1,1,1,3]", "[]"), "expected a shape"), json(input("[1,9223372036854775807,2,3]", "[]"), "shape"),
    json(input("[16,60000,60000,3]", "[]"), "pixels", status: 413), json(input("[0,1,1,3]", "[]"), "expected a shape"),
    json(input("[1,3,1,1]", "[1,2,1e400]", name: "input", type: "FP32"), "damaged"),
    json(input("[1,1,1,3]", "[1,2,3]", name: "picture"), "picture"),
    json(input("[1,1,1,3]", "[1,2,3]", more: #","outputs":[{"name":"boxes"}]"#), "boxes"),
    Bad(
      path: infer, body: Data("{}".utf8), headers: ["Inference-Header-Content-Length": "900"], status: 400, text: "900"),
    Bad(
      path: infer, body: Data("{}".utf8), headers: ["Inference-Header-Content-Length": "-1"], status: 400, text: "-1"),
    Bad(
      path: infer,
      body: Data(
        #"{"inputs":[{"name":"image","shape":[1,1,1,3],"datatype":"UINT8","parameters":{"binary_data_size":3}}]}ab"#
          .utf8),
      headers: ["Inference-Header-Content-Length": "102"], status: 400, text: "expected 3 bytes"),
  ]

  @Test(arguments: bad) func `a bad request gets a problem`(_ bad: Bad) async throws {
    let server = try await TestServer.shared.value
    var headers = bad.headers
    headers["Content-Type"] = bad.type
    let answer = try #require(try await server.send("POST", bad.path, body: bad.body, headers: headers))
    #expect(answer.status == bad.status, "\(answer.text)")
    #expect(answer.headers["content-type"] == "application/problem+json")
    let problem = try answer.json
    #expect(problem["status"] as? Int == bad.status && problem["title"] as? String != nil)
    #expect((problem["detail"] as? String)?.contains(bad.text) == true, "\(answer.text)")
    // The server lives.
    #expect(try await server.send("GET", "/health")?.status == 200)
  }

  @Test(arguments: [
    ("GET", "/nothing", 404), ("GET", predict, 405), ("OPTIONS", "/v1/models", 405), ("POST", "/", 405),
  ])
  func `other addresses and methods are refused`(method: String, path: String, status: Int) async throws {
    let answer = try #require(try await TestServer.shared.value.send(method, path, body: Data()))
    #expect(answer.status == status && answer.headers["content-type"] == "application/problem+json", "\(answer.text)")
    #expect((answer.headers["allow"] != nil) == (status == 405))
  }

  @Test func `bodies beyond the limit are refused, announced or not`() async throws {
    let server = try await TestServer { $0.bodyLimit = 1000 }
    let announced = try HTTPClient(port: server.port)
    // The body never comes.
    await announced.send(TestServer.head("POST", Self.predict, length: 5000))
    #expect(await announced.answer()?.status == 413)
    let chunked = try HTTPClient(port: server.port)
    await chunked.send(TestServer.head("POST", Self.predict, length: nil, ["Transfer-Encoding": "chunked"]))
    for _ in 0..<3 { await chunked.send("200\r\n" + String(repeating: "x", count: 512) + "\r\n") }
    #expect(await chunked.answer()?.status == 413)
    await server.server.stop()
  }

  @Test func `a body that is cut off gets no labels`() async throws {
    let client = try HTTPClient(port: await TestServer.shared.value.port)
    await client.send(
      Data(TestServer.head("POST", Self.predict, length: Self.photo.count).utf8) + Self.photo.prefix(100))
    client.finish()
    #expect(await client.answer()?.status ?? 400 == 400)
  }

  @Test(arguments: ["GARBAGE\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\n"])
  func `bytes that are not HTTP close the connection`(_ text: String) async throws {
    let client = try HTTPClient(port: await TestServer.shared.value.port)
    await client.send(text)
    #expect(await client.answer()?.status ?? 400 == 400)
  }

  @Test func `a header beyond the limit is refused`() async throws {
    let client = try HTTPClient(port: await TestServer.shared.value.port)
    await client.send("GET /health HTTP/1.1\r\nX: \(String(repeating: "a", count: 100_000))\r\n\r\n")
    #expect(await client.answer()?.status ?? 400 != 200)
  }

  @Test func `slow clients are cut off`() async throws {
    let server = try await TestServer { $0.clientTimeout = 0.2 }
    let slowBody = try HTTPClient(port: server.port)
    await slowBody.send(
      Data(TestServer.head("POST", Self.predict, length: Self.photo.count).utf8) + Self.photo.prefix(9))
    #expect(await slowBody.answer()?.status == 408)
    #expect(await slowBody.answer() == nil)
    let slowHead = try HTTPClient(port: server.port)
    await slowHead.send("GET / HTTP/1.1\r\nHost:")
    #expect(await slowHead.answer() == nil)
    let idle = try HTTPClient(port: server.port)
    #expect(await idle.answer() == nil)
    await server.server.stop()
  }

  @Test func `a full queue refuses requests before it reads them`() async throws {
    let server = try await TestServer { ($0.contexts, $0.queueLength) = (1, 0) }
    let first = try HTTPClient(port: server.port)
    // Its body is awaited; from then on it takes the only place.
    await first.send(TestServer.head("POST", Self.predict, length: Self.photo.count))
    await first.send(Self.photo.prefix(9))
    try await server.waitForMetric("rtseg_requests_in_progress 1")
    let refused = try await server.send("POST", Self.predict, body: Self.photo)
    #expect(refused?.status == 429, "\(refused?.text ?? "")")
    #expect(refused?.headers["retry-after"] == "1")
    await first.send(Self.photo.dropFirst(9))
    #expect(await first.answer()?.status == 200)
    let metrics = try #require(try await server.send("GET", "/metrics"))
    #expect(metrics.text.contains("rtseg_refused_total{reason=\"queue_full\"} 1\n"), "\(metrics.text)")
    await server.server.stop()
  }

  @Test func `a request in the queue is dropped if its client goes away`() async throws {
    let server = try await TestServer { ($0.contexts, $0.queueTimeout) = (1, 60) }
    let large = try TestServer.photo(3000, 3000).png()
    let head = TestServer.head("POST", Self.predict + "?format=overlay", length: large.count)
    let patient = try (0..<3).map { _ in try HTTPClient(port: server.port) }
    for client in patient {
      await client.send(head)
      await client.send(large)
    }
    var impatient: HTTPClient? = try HTTPClient(port: server.port)
    await impatient?.send(TestServer.head("POST", Self.predict, length: Self.photo.count))
    await impatient?.send(Self.photo)
    try await server.waitForMetric("rtseg_queue_length 3")
    impatient = nil
    try await server.waitForMetric("rtseg_refused_total{reason=\"client_gone\"} 1")
    for client in patient { #expect(await client.answer()?.status == 200) }
    await server.server.stop()
  }
}
