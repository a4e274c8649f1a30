import Foundation
import SegmentationImage
import SegmentationInference
import SegmentationModels
import SegmentationServer
import TestSupport
import Testing
import Torch

/// A server that runs in this process, with a small network.
final class TestServer: Sendable {
  static let size = ImageSize(height: 32, width: 48)
  static let classes = (0..<5).map { ClassInfo("class-\($0)", RGB(UInt8($0 * 50), 100, UInt8(200 - $0 * 40))) }

  /// The compiled network, made once.
  static let program: ProgramFile = {
    let folder = FileManager.default.temporaryDirectory.appending(path: "rtseg-server-\(UUID().uuidString)")
    try! FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let model = try! Architecture(name: "fssnet").makeModel(classes: classes.count).eval()
    for (key, tensor) in model.namedState {
      let fill: Formula.Fill =
        switch key.split(separator: ".").last {
        case "num_batches_tracked": .zero
        case "running_mean": .runningMean
        case "running_var": .runningVar
        case "bias": .bias
        default: tensor.rank > 1 ? .fanIn : .one
        }
      Formula.fill(tensor, key: key, as: fill)
    }
    var program = try! Program(model, sizes: [size], classes: classes, threads: 1)
    program.network = "fssnet"
    try! program.write(to: folder.appending(path: "net.rtseg"))
    return try! ProgramFile(contentsOf: folder.appending(path: "net.rtseg"))
  }()

  /// A server with the usual limits, shared by tests.
  static let shared = Task { try await TestServer() }

  let server: InferenceServer
  let port: Int
  /// Ends when the server has stopped.
  let running: Task<Void, any Error>

  init(_ change: (inout ServerOptions) throws -> Void = { _ in }) async throws {
    var options = ServerOptions()
    (options.port, options.contexts, options.threads) = (0, 2, 1)
    try change(&options)
    let model = try ServedModel(name: "net") { try Predictor(TestServer.program) }
    let server = try InferenceServer([model], options: options)
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    running = Task.detached {
      defer { continuation.finish() }
      try await server.run(signals: false) { continuation.yield($0) }
    }
    self.server = server
    var found: Int?
    for await port in ports {
      found = port
      break
    }
    guard let found else { throw HTTPClient.ConnectionError() }
    port = found
  }

  /// Sends a request on a connection of its own and reads the answer.
  func send(
    _ method: String, _ path: String, body: Data? = nil, headers: [String: String] = [:]
  ) async throws -> HTTPClient.Answer? {
    let client = try HTTPClient(port: port)
    await client.send(Self.head(method, path, length: body?.count, headers))
    if let body { await client.send(body) }
    return await client.answer(hasBody: method != "HEAD")
  }

  /// Waits, for a minute at most, until the metrics have a line.
  func waitForMetric(_ line: String) async throws {
    for _ in 0..<6000 {
      if try await send("GET", "/metrics")?.text.contains("\(line)\n") == true { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("the metrics never had the line \(line)")
  }

  /// The lines before the body of a request.
  static func head(_ method: String, _ path: String, length: Int?, _ headers: [String: String] = [:]) -> String {
    var lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1"]
    if let length { lines.append("Content-Length: \(length)") }
    lines += headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    return lines.joined(separator: "\r\n") + "\r\n\r\n"
  }

  /// A picture in which every pixel differs from its neighbours.
  static func photo(_ height: Int, _ width: Int) -> Image {
    Image(
      height: height, width: width,
      pixels: (0..<height * width * 3).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 53) })
  }

  /// The classes that the network finds without a server.
  static func expected(_ image: Image) throws -> SegmentedImage { try Predictor(program).label(image) }
}
