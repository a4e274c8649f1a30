import Foundation

/// How a server listens, how much it computes at a time, and what it takes from its clients.
public struct ServerOptions: Sendable {
  /// The address to listen on. `127.0.0.1` is reached from this machine alone.
  public var host = "127.0.0.1"
  /// The port to listen on; 0 is a free one, which the system chooses.
  public var port = 8080
  /// The number of images that are labelled at the same time.
  public var contexts: Int
  /// The number of CPU threads that label one image.
  public var threads: Int
  /// The number of requests that wait while all contexts are in use. Further ones are refused with status 429.
  public var queueLength = 32
  /// The number of connections that are open at the same time. Further ones wait until one is closed.
  public var connections = 256
  /// The largest body of a request in bytes.
  public var bodyLimit = 32 << 20
  /// The largest image in pixels, checked before it is decoded.
  public var pixelLimit = 25_000_000
  /// The time in seconds in which a client has to send its request, and to read the answer.
  public var clientTimeout = 30.0
  /// The time in seconds that a request waits for a context before it is refused with status 503.
  public var queueTimeout = 10.0
  /// The time in seconds from a whole request to its answer, after which it gets status 504.
  public var timeout = 60.0
  /// The files for TLS; `nil` for plain HTTP.
  public var tls: TLSFiles?
  /// The token that clients have to send; `nil` if they need none.
  public var token: AccessToken?
  /// The origin whose pages may call the server from a browser, such as `https://example.org`, or `*` for all.
  public var corsOrigin: String?
  /// Receives one line for each request, without characters that steer a terminal; `nil` for no log.
  public var log: (@Sendable (String) -> Void)?

  /// Options for the processor cores that this process may use.
  public init() { (contexts, threads) = Self.workers(cores: ProcessInfo.processInfo.activeProcessorCount) }

  /// The contexts and the threads of each that use all cores. Several contexts with few threads label more images in a
  /// second than one context with many, which labels a single image sooner.
  static func workers(cores: Int) -> (contexts: Int, threads: Int) {
    let contexts = min(cores, max(2, Int(Double(cores).squareRoot())))
    return (contexts, cores / contexts)
  }

  /// The most scores that an answer may need, each a float32: 256 MiB.
  static let scoreLimit = 1 << 26

  /// Whether only this machine reaches the address.
  public var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}

/// The files of a server's TLS certificate.
public struct TLSFiles: Sendable {
  /// The path of the certificate and those that vouch for it, in PEM.
  public var certificate: String
  /// The path of the private key, in PEM.
  public var key: String

  /// Names the two files, which are read when the server starts.
  public init(certificate: String, key: String) { (self.certificate, self.key) = (certificate, key) }
}
