import ArgumentParser
import Files
import Foundation
import SegmentationServer

/// How `rtseg serve` listens, and what it takes from its clients.
struct ServeFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The address to listen on: 127.0.0.1 for this machine alone, 0.0.0.0 or :: for all.", valueName: "address"))
  var host = "127.0.0.1"
  @Option(help: ArgumentHelp("The port to listen on; 0 is a free one.", valueName: "number"))
  var port = 8080
  @Option(
    help: ArgumentHelp(
      "The number of images that are labelled at the same time. (default: the square root of the cores, at least 2)",
      valueName: "n"))
  var contexts: Int?
  @Option(
    help: ArgumentHelp("The number of CPU threads for each image. (default: the cores, shared out)", valueName: "n"))
  var threads: Int?
  @Option(
    help: ArgumentHelp(
      "The number of requests that wait while all contexts are in use. More get status 429.", valueName: "n"))
  var queue = 32
  @Option(help: ArgumentHelp("The number of connections that are open at the same time.", valueName: "n"))
  var connections = 256
  @Option(help: ArgumentHelp("The largest request in MiB.", valueName: "size"))
  var bodyLimit = 32
  @Option(help: ArgumentHelp("The largest image in millions of pixels.", valueName: "size"))
  var pixelLimit = 25
  @Option(
    help: ArgumentHelp(
      "The seconds in which a client has to send its request, and to read the answer.", valueName: "seconds"))
  var clientTimeout = 30.0
  @Option(
    help: ArgumentHelp(
      "The seconds that a request waits for a context before it gets status 503.", valueName: "seconds"))
  var queueTimeout = 10.0
  @Option(
    help: ArgumentHelp("The seconds that an answer may take before the request gets status 504.", valueName: "seconds"))
  var timeout = 60.0
  @Option(
    help: ArgumentHelp("The certificate for TLS in PEM, with those that vouch for it.", valueName: "file"),
    completion: .file())
  var tlsCertificate: String?
  @Option(help: ArgumentHelp("The private key of --tls-certificate in PEM.", valueName: "file"), completion: .file())
  var tlsKey: String?
  @Option(
    help: ArgumentHelp("A file with the token that clients have to send.", valueName: "file"), completion: .file())
  var tokenFile: String?
  @Option(
    help: ArgumentHelp(
      "The name of an environment variable with the token that clients have to send.", valueName: "name"))
  var tokenVariable: String?
  @Option(
    help: ArgumentHelp(
      "The origin whose pages may call the server, such as https://example.org, or * for all.", valueName: "origin"))
  var corsOrigin: String?
  @Flag(help: "Write a line to the standard error for each request.") var log = false

  func validate() throws {
    try checkOption("port", port, in: 0...65535)
    try checkOption("contexts", contexts, in: 1...256)
    try checkOption("threads", threads, in: 1...256)
    try checkOption("queue", queue, in: 0...10000)
    try checkOption("connections", connections, in: 1...10000)
    try checkOption("body-limit", bodyLimit, in: 1...1024)
    try checkOption("pixel-limit", pixelLimit, in: 1...134)
    for (name, value) in [
      ("client-timeout", clientTimeout), ("queue-timeout", queueTimeout), ("timeout", timeout),
    ] {
      try checkOption(name, value, in: 0.1...3600)
    }
    try refuseOption((tlsCertificate == nil) != (tlsKey == nil), "--tls-certificate and --tls-key go together")
    try refuseOption(tokenFile != nil && tokenVariable != nil, "--token-file and --token-variable: give one of them")
    if let corsOrigin, corsOrigin != "*", corsOrigin.wholeMatch(of: /https?:\/\/[A-Za-z0-9.\-\[\]:]+/) == nil {
      throw ValidationError("--cors-origin: expected an origin such as https://example.org, or *, found \(corsOrigin)")
    }
  }

  /// The options of the server.
  /// - Throws: `CommandError` or `ServerError` for a token that is missing or too short, `FileError`.
  func options() throws -> ServerOptions {
    var options = ServerOptions()
    (options.host, options.port) = (host, port)
    if let contexts { options.contexts = contexts }
    let cores = ProcessInfo.processInfo.activeProcessorCount
    options.threads = threads ?? max(1, cores / options.contexts)
    (options.queueLength, options.connections) = (queue, connections)
    (options.bodyLimit, options.pixelLimit) = (bodyLimit << 20, pixelLimit * 1_000_000)
    (options.clientTimeout, options.queueTimeout, options.timeout) = (clientTimeout, queueTimeout, timeout)
    if let tlsCertificate, let tlsKey { options.tls = TLSFiles(certificate: tlsCertificate, key: tlsKey) }
    options.token = try token()
    options.corsOrigin = corsOrigin
    if log { options.log = { Terminal.write($0 + "\n") } }
    return options
  }

  private func token() throws -> AccessToken? {
    if let tokenFile { return try AccessToken(contentsOf: tokenFile) }
    guard let tokenVariable else { return nil }
    guard let text = ProcessInfo.processInfo.environment[tokenVariable] else {
      throw CommandError("--token-variable: the environment has no variable \(tokenVariable.printable())")
    }
    return try AccessToken(text, source: tokenVariable)
  }
}
