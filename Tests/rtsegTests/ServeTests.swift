import Foundation
import SegmentationImage
import Testing

/// `rtseg serve`: how it starts, what it refuses to start with, and how it ends.
@Suite struct ServeTests {
  /// A small network that is compiled, made once.
  private static let files: ProgramFolder = {
    let files = try! ProgramFolder()
    try! files.writeWeights(of: "fssnet", to: "weights.safetensors")
    _ = try! Program.run(
      "compile", files.path("weights.safetensors"), "--model", "fssnet", "--size", "32x48", "--output",
      files.path("net.rtseg"))
    try! files.writeImage("photo.png")
    return files
  }()

  private var files: ProgramFolder { Self.files }

  /// A server that runs, with what it prints.
  private final class Running {
    let process: Process
    let output: URL
    let errors: URL
    private let folder: ProgramFolder

    init(_ arguments: [String], environment: [String: String] = [:]) throws {
      folder = try ProgramFolder()
      (output, errors) = (folder.url.appending(path: "out"), folder.url.appending(path: "err"))
      for file in [output, errors] { try Data().write(to: file) }
      process = try Program.start(
        ["serve"] + arguments, environment: environment, output: FileHandle(forWritingTo: output),
        errors: FileHandle(forWritingTo: errors))
    }

    deinit { process.terminate() }

    /// The address that the server prints once it listens.
    func address() throws -> String {
      while process.isRunning {
        let text = try String(contentsOf: output, encoding: .utf8)
        if let match = text.firstMatch(of: /serving .* at (https?:\/\/\S+)\n/) { return String(match.1) }
        usleep(20_000)
      }
      throw ProgramFolder.ProgramFailure(errors: try String(contentsOf: errors, encoding: .utf8))
    }

    /// Sends a signal, and returns the exit status and the standard error.
    func stop(_ signal: Int32 = SIGTERM) throws -> (status: Int32, errors: String) {
      kill(process.processIdentifier, signal)
      process.waitUntilExit()
      return (process.terminationStatus, try String(contentsOf: errors, encoding: .utf8))
    }
  }

  /// The status and the body that curl gets.
  private func curl(_ arguments: String) throws -> (status: String, body: String) {
    let result = try Program.shell("curl --silent --show-error --max-time 60 -w '\\n%{http_code}' \(arguments)")
    let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
    return (lines.last.map(String.init) ?? "", lines.dropLast().joined(separator: "\n") + result.errors)
  }

  private static let hasCurl = (try? Program.shell("command -v curl openssl").status) == 0

  // MARK: - Running

  @Test(.enabled(if: hasCurl), arguments: [SIGTERM, SIGINT])
  func `it labels an image as predict does, and a signal ends it`(signal: Int32) throws {
    let server = try Running([files.path("net.rtseg"), "--port", "0", "--contexts", "1", "--log"])
    let address = try server.address()
    #expect(address.hasPrefix("http://127.0.0.1:"))
    let folder = try ProgramFolder()
    let answer = try curl(
      "--data-binary @\(files.path("photo.png")) -o \(folder.path("served.png")) \(address)v1/models/net:predict")
    #expect(answer.status == "200")
    let predicted = try Program.run(
      "predict", "--checkpoint", files.path("net.rtseg"), "--input", files.path("photo.png"), "--output",
      folder.path("out"))
    #expect(predicted.status == 0, "\(predicted.errors)")
    let (served, local) = (folder.url.appending(path: "served.png"), folder.url.appending(path: "out/photo.png"))
    #expect(try Mask(contentsOf: served) == Mask(contentsOf: local))
    #expect(try Image(contentsOf: served) == Image(contentsOf: local))
    let end = try server.stop(signal)
    #expect(end.status == 0)
    #expect(end.errors.contains("POST /v1/models/net:predict 200"), "\(end.errors)")
    #expect(end.errors.split(separator: "\n").count == 1, "\(end.errors)")
  }

  @Test(.enabled(if: hasCurl)) func `a checkpoint is served under a name, and a token is asked for`() throws {
    let server = try Running(
      [
        "street=\(files.path("weights.safetensors"))", "--model", "fssnet", "--engine", "eager", "--port", "0",
        "--contexts", "1", "--token-variable", "RTSEG_TEST_TOKEN",
      ], environment: ["RTSEG_TEST_TOKEN": "0123456789abcdef"])
    let address = try server.address()
    #expect(try curl("\(address)v1/models").status == "401")
    let models = try curl("-H 'Authorization: Bearer 0123456789abcdef' \(address)v1/models")
    #expect(models.status == "200" && models.body.contains("\"name\":\"street\""), "\(models.body)")
    #expect(try server.stop().status == 0)
  }

  @Test(.enabled(if: hasCurl)) func `TLS, limits and the queue are options`() throws {
    let folder = try ProgramFolder()
    let made = try Program.shell(
      "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout \(folder.path("key.pem")) "
        + "-out \(folder.path("cert.pem")) 2>/dev/null")
    #expect(made.status == 0)
    try Data(String(repeating: "t", count: 32).utf8).write(to: folder.url.appending(path: "token"))
    let server = try Running([
      files.path("net.rtseg"), "--port", "0", "--contexts", "1", "--queue", "0", "--body-limit", "1", "--pixel-limit",
      "1", "--tls-certificate", folder.path("cert.pem"), "--tls-key", folder.path("key.pem"), "--token-file",
      folder.path("token"),
    ])
    let address = try server.address()
    #expect(address.hasPrefix("https://"))
    #expect(try curl("--insecure \(address)health").status == "200")
    try Data(count: 2 << 20).write(to: folder.url.appending(path: "large"))
    try Image(height: 1100, width: 1000).write(to: folder.url.appending(path: "wide.png"))
    for name in ["large", "wide.png"] {
      let answer = try curl(
        "--insecure -H 'Authorization: Bearer \(String(repeating: "t", count: 32))' --data-binary @\(folder.path(name)) "
          + "\(address)v1/models/net:predict")
      #expect(answer.status == "413", "\(answer.body)")
    }
    #expect(try server.stop().status == 0)
  }

  // MARK: - Refusals

  private func refusal(_ arguments: [String]) throws -> String {
    let result = try Program.run(["serve"] + arguments)
    #expect(result.status == 1 && result.output.isEmpty, "\(result)")
    #expect(result.errorLines.count == 1 && result.errors.hasPrefix("rtseg: "), "\(result.errors)")
    return result.errors
  }

  @Test func `a port in use is one line`() throws {
    let server = try Running([files.path("net.rtseg"), "--port", "0", "--contexts", "1"])
    let port = try #require(URL(string: try server.address())?.port)
    let line = try refusal([files.path("net.rtseg"), "--port", "\(port)", "--contexts", "1"])
    #expect(line.contains("port \(port)") && line.contains("in use") && line.contains("--port"), "\(line)")
    _ = try server.stop()
  }

  @Test func `what a server cannot start with is one line`() throws {
    let net = files.path("net.rtseg")
    try files.writeImage("picture.rtseg.png")
    try Data("not a program".utf8).write(to: files.url.appending(path: "bad.rtseg"))
    try Data("short".utf8).write(to: files.url.appending(path: "short"))
    try Data(String(repeating: "t", count: 32).utf8).write(to: files.url.appending(path: "token"))
    for (arguments, text) in [
      ([files.path("missing.rtseg")], "missing.rtseg"), ([files.path("bad.rtseg")], "bad.rtseg"),
      ([files.path("missing.pth")], "missing.pth"), ([net, "net=\(net)"], "two networks have the name net"),
      ([net, "--tls-certificate", files.path("none.pem"), "--tls-key", files.path("none.pem")], "none.pem"),
      ([net, "--tls-certificate", files.path("short"), "--tls-key", files.path("short")], "BEGIN CERTIFICATE"),
      ([net, "--token-file", files.path("none")], "none"), ([net, "--token-file", files.path("short")], "16 to 1024"),
      ([net, "--token-variable", "RTSEG_NO_SUCH"], "RTSEG_NO_SUCH"),
      (
        [net, "--host", "no.such.host.invalid", "--token-file", files.path("token"), "--port", "0"],
        "no.such.host.invalid"
      ),
    ] {
      let line = try refusal(arguments)
      #expect(line.contains(text), "\(line)")
    }
  }

  @Test func `other machines are let in with a warning`() throws {
    let server = try Running([files.path("net.rtseg"), "--port", "0", "--host", "0.0.0.0", "--contexts", "1"])
    _ = try server.address()
    let end = try server.stop()
    #expect(end.status == 0 && end.errors.contains("--token-file"), "\(end.errors)")
  }

  @Test(arguments: [
    ["--tls-key", "a"], ["--token-file", "a", "--token-variable", "b"], ["--port", "70000"], ["--queue", "-1"],
    ["--contexts", "0"], ["--cors-origin", "https://a/b"],
  ]) func `options that cannot be are refused`(_ arguments: [String]) throws {
    let result = try Program.run(["serve", files.path("net.rtseg")] + arguments)
    #expect(result.status == 64 && result.errors.contains(arguments[0]), "\(result.errors)")
  }
}
