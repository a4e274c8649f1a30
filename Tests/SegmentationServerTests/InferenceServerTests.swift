import Foundation
import SegmentationImage
import SegmentationInference
import SegmentationServer
import TestSupport
import Testing
import Torch

/// The server itself: its addresses, its token, its numbers and its end.
@Suite struct InferenceServerTests {
  // MARK: - Addresses

  @Test func `the OpenAPI document has the routes, and the answers have its types`() async throws {
    let server = try await TestServer.shared.value
    let document = try #require(try await server.send("GET", "/openapi.json")).json
    #expect((document["openapi"] as? String)?.hasPrefix("3.1") == true)
    let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
    let described = paths.flatMap { path, methods in methods.keys.map { "\($0.uppercased()) \(path)" } }
    #expect(described.sorted() == server.server.addresses.sorted())
    for (path, methods) in paths {
      guard let operation = methods["get"] else { continue }
      let answer = try #require(
        try await server.send("GET", path.replacingOccurrences(of: "{name}", with: "net")))
      let responses = try #require(operation["responses"] as? [String: [String: Any]])
      let content = responses["200"]?["content"] as? [String: Any]
      #expect(answer.status == 200, "\(path)")
      let type = answer.headers["content-type"]?.split(separator: ";").first.map(String.init)
      #expect(content?.keys.sorted() == type.map { [$0] }, "\(path): \(type ?? "")")
    }
  }

  @Test func `a network tells its classes, colors, sizes and normalization`() async throws {
    let server = try await TestServer.shared.value
    let answer = try #require(try await server.send("GET", "/v1/models/net")).json
    #expect(answer["network"] as? String == "fssnet" && answer["precision"] as? String == "float32")
    #expect(answer["sizes"] as? [[Int]] == [[32, 48]])
    #expect(answer["mean"] as? [Double] == [0.485, 0.456, 0.406])
    let classes = try #require(answer["classes"] as? [[String: Any]])
    #expect(classes.map { $0["name"] as? String } == TestServer.classes.map(\.name))
    #expect(classes[3]["color"] as? [Int] == [150, 100, 80])
    let list = try #require(try await server.send("GET", "/v1/models")).json
    #expect((list["models"] as? [[String: Any]])?.count == 1)
    #expect(try await server.send("HEAD", "/v1/models")?.status == 200)
  }

  @Test func `the page is complete and loads nothing from elsewhere`() async throws {
    let server = try await TestServer.shared.value
    let page = try #require(try await server.send("GET", "/"))
    let policy = try #require(page.headers["content-security-policy"])
    #expect(policy.contains("default-src 'none'") && !policy.contains("unsafe") && !policy.contains("http"))
    #expect(page.headers["x-content-type-options"] == "nosniff")
    let links = page.text.matches(of: /(?:src|href)="([^"]+)"/).map { String($0.1) }
    #expect(links.count >= 4)
    var texts = [page.text]
    for link in links {
      let file = try #require(try await server.send("GET", "/\(link)"))
      #expect(file.status == 200, "\(link)")
      texts.append(file.text)
    }
    for module in try #require(texts.last { $0.contains("import") }).matches(of: /from "\.\/([^"]+)"/) {
      #expect(try await server.send("GET", "/\(module.1)")?.status == 200, "\(module.1)")
    }
    for text in texts { #expect(!text.replacing("http://www.w3.org/2000/svg", with: "").contains("://")) }
  }

  // MARK: - The Open Inference Protocol

  @Test func `tensors in JSON and in bytes give the same classes`() async throws {
    let server = try await TestServer.shared.value
    let photo = TestServer.photo(32, 48)
    let expected = try TestServer.expected(photo).classes.values
    let pixels = photo.pixels.map(String.init).joined(separator: ",")
    let json = #"{"id":"7","inputs":[{"name":"image","shape":[1,32,48,3],"datatype":"UINT8","data":[[[\#(pixels)]]]}],"#
    let text = try #require(
      try await server.send(
        "POST", "/v2/models/net/infer", body: Data((json + #""outputs":[{"name":"classes"}]}"#).utf8)))
    #expect(text.status == 200, "\(text.text)")
    let reply = try text.json
    #expect(reply["id"] as? String == "7" && reply["model_name"] as? String == "net")
    let output = try #require((reply["outputs"] as? [[String: Any]])?.first)
    #expect(output["shape"] as? [Int] == [1, 32, 48] && output["datatype"] as? String == "UINT8")
    #expect(output["data"] as? [Int] == expected.map(Int.init))

    // Two normalized images as bytes; both results come as bytes.
    let input = try Predictor(TestServer.program).normalization.tensor(photo).contiguous()
    let bytes = input.withUnsafeBytes { Data($0) }
    let head = Data(
      #"{"inputs":[{"name":"input","shape":[2,3,32,48],"datatype":"FP32","parameters":{"binary_data_size":\#(2 * bytes.count)}}],"parameters":{"binary_data_output":true}}"#
        .utf8)
    let binary = try #require(
      try await server.send(
        "POST", "/v2/models/net/infer", body: head + bytes + bytes,
        headers: ["Inference-Header-Content-Length": "\(head.count)"]))
    #expect(binary.status == 200, "\(binary.text)")
    let length = try #require(Int(binary.headers["inference-header-content-length"] ?? ""))
    let content = binary.body.dropFirst(length)
    #expect(content.count == 2 * expected.count * (1 + 5 * 4))
    let differences = zip(content.prefix(expected.count), expected).count { $0 != $1 }
    #expect(differences <= 2)  // ties that rounding decides
    #expect(content.prefix(expected.count) == content.dropFirst(expected.count).prefix(expected.count))
  }

  @Test func `metadata and health follow the protocol`() async throws {
    let server = try await TestServer.shared.value
    let model = try #require(try await server.send("GET", "/v2/models/net")).json
    #expect(model["name"] as? String == "net" && model["platform"] as? String == "rtseg")
    let outputs = try #require(model["outputs"] as? [[String: Any]])
    #expect(outputs.map { $0["name"] as? String } == ["classes", "logits"])
    #expect(outputs[1]["shape"] as? [Int] == [-1, 5, -1, -1])
    #expect(try await server.send("GET", "/v2")?.json["name"] as? String == "rtseg")
    #expect(try await server.send("GET", "/v2/health/ready")?.json["ready"] as? Bool == true)
    #expect(try await server.send("GET", "/v2/models/net/ready")?.json["ready"] as? Bool == true)
  }

  // MARK: - Access

  @Test func `a token is asked for, but not by the page and health`() async throws {
    let secret = "0123456789abcdef"
    let server = try await TestServer { $0.token = try AccessToken(secret, source: "test") }
    for path in ["/", "/page.js", "/health", "/v2/health/live", "/openapi.json"] {
      #expect(try await server.send("GET", path)?.status == 200, "\(path)")
    }
    for header in [nil, "Bearer", "Bearer 0123456789abcdee", "Bearer \(secret)x", "Basic \(secret)", secret] {
      let answer = try #require(
        try await server.send("GET", "/v1/models", headers: header.map { ["Authorization": $0] } ?? [:]))
      #expect(answer.status == 401 && answer.headers["www-authenticate"] == "Bearer", "\(header ?? "")")
    }
    #expect(try await server.send("GET", "/v1/models", headers: ["Authorization": "bearer \(secret)"])?.status == 200)
    #expect(message { _ = try AccessToken("short", source: "token.txt") }?.contains("token.txt") == true)
    #expect(message { _ = try AccessToken("with a space in it", source: "V") }?.contains("16 to 1024") == true)
    await server.server.stop()
  }

  @Test func `other origins are let in if that is asked for`() async throws {
    let server = try await TestServer { $0.corsOrigin = "https://example.org" }
    let asked = try #require(try await server.send("OPTIONS", "/v1/models/net:predict"))
    #expect(asked.status == 204 && asked.headers["access-control-allow-headers"]?.contains("Authorization") == true)
    let answer = try #require(try await server.send("GET", "/v1/models"))
    #expect(answer.headers["access-control-allow-origin"] == "https://example.org")
    let plain = try #require(try await TestServer.shared.value.send("GET", "/v1/models"))
    #expect(plain.headers["access-control-allow-origin"] == nil)
    await server.server.stop()
  }

  // MARK: - Numbers, lines and the end

  @Test func `metrics count requests by their code`() async throws {
    let server = try await TestServer()
    _ = try await server.send("POST", "/v1/models/net:predict", body: TestServer.photo(32, 48).png())
    _ = try await server.send("POST", "/v1/models/net:predict", body: Data("x".utf8))
    _ = try await server.send("GET", "/made/up/by/a/client")
    let text = try #require(try await server.send("GET", "/metrics")).text
    for line in [
      #"rtseg_requests_total{route="/v1/models/{name}:predict",code="200"} 1"#,
      #"rtseg_requests_total{route="/v1/models/{name}:predict",code="415"} 1"#,
      #"rtseg_requests_total{route="other",code="404"} 1"#,
      #"rtseg_request_duration_seconds_count{route="/v1/models/{name}:predict"} 2"#,
      #"rtseg_inference_duration_seconds_bucket{model="net",le="+Inf"} 1"#, "rtseg_contexts 2", "rtseg_queue_length 0",
    ] { #expect(text.contains(line + "\n"), "\(line) is not in \(text)") }
    await server.server.stop()
  }

  @Test func `the log has one harmless line for each request`() async throws {
    let lines = Lines()
    let server = try await TestServer { $0.log = { lines.add($0) } }
    _ = try await server.send("GET", "/a%1B[31m\u{1B}[31m?token=secret")
    _ = try await server.send("GET", "/health")
    await server.server.stop()
    let found = lines.all
    #expect(found.contains { $0.contains("GET /health 200") }, "\(found)")
    #expect(found.allSatisfy { !$0.contains("\u{1B}") && !$0.contains("\n") && !$0.contains("secret") }, "\(found)")
  }

  @Test func `stopping answers what has begun and refuses the rest`() async throws {
    let server = try await TestServer()
    let photo = try TestServer.photo(32, 48).png()
    let begun = try HTTPClient(port: server.port)
    let idle = try HTTPClient(port: server.port)
    await begun.send(TestServer.head("POST", "/v1/models/net:predict", length: photo.count))
    await begun.send(photo.prefix(50))
    // Both connections are known to the server once this is answered on them.
    _ = try await server.send("GET", "/health")
    await idle.send(TestServer.head("GET", "/health", length: nil))
    #expect(await idle.answer()?.status == 200)
    await server.server.stop()
    #expect(await idle.answer() == nil)
    await begun.send(photo.dropFirst(50))
    #expect(await begun.answer()?.status == 200)
    try await server.running.value
    #expect(throws: HTTPClient.ConnectionError.self) { try HTTPClient(port: server.port) }
  }

  @Test func `a port in use is told`() async throws {
    let server = try await TestServer.shared.value
    await #expect(throws: ServerError.self) {
      let other = try InferenceServer(
        [ServedModel(name: "net") { try Predictor(TestServer.program) }],
        options: {
          var options = ServerOptions()
          (options.port, options.contexts) = (server.port, 1)
          return options
        }())
      try await other.run(signals: false) { _ in }
    }
  }

  @Test func `names that cannot stand in an address, or stand there twice, are refused`() throws {
    for name in ["", "a/b", "a b", ".hidden", "ä", String(repeating: "a", count: 200)] {
      #expect(throws: ServerError.self, "\(name)") { try ServedModel(name: name) { try Predictor(TestServer.program) } }
    }
    let model = try ServedModel(name: "net") { try Predictor(TestServer.program) }
    #expect(throws: ServerError.self) { try InferenceServer([model, model], options: ServerOptions()) }
  }
}

/// Lines that come from any thread.
private final class Lines: @unchecked Sendable {
  private let lock = NSLock()
  private var lines: [String] = []
  func add(_ line: String) { lock.withLock { lines.append(line) } }
  var all: [String] { lock.withLock { lines } }
}
