import Files
import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import SegmentationInference
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Labels the images that clients send over HTTP, and shows a page on which people do that.
///
/// ```swift
/// let network = try ServedModel(name: "street") { try Predictor(checkpoint: URL(filePath: "best.pth")) }
/// let server = try InferenceServer([network], options: ServerOptions())
/// try await server.run { port in print("http://127.0.0.1:\(port)") }
/// ```
public final class InferenceServer: Sendable {
  let options: ServerOptions
  let models: [ModelDescription]
  let metrics = ServerMetrics()
  let pool: WorkerPool
  let admission: Admission
  private let tls: TLSConfiguration?
  private let group = Mutex<ServiceGroup?>(nil)

  /// Makes the networks ready, which takes some time.
  /// - Throws: `ServerError` for names that are there twice and for files of TLS that will not do; the errors of the
  ///   networks.
  public init(_ served: [ServedModel], options: ServerOptions) throws {
    precondition(!served.isEmpty && options.contexts > 0 && options.threads > 0, "a server has networks and contexts")
    for (index, model) in served.enumerated() where served[..<index].contains(where: { $0.name == model.name }) {
      throw ServerError("two networks have the name \(model.name); give one another name as NAME=FILE")
    }
    self.options = options
    tls = try options.tls.map { try $0.configuration() }
    var descriptions: [ModelDescription] = []
    var workers: [Worker] = []
    for context in 0..<options.contexts {
      var predictors: [String: Predictor] = [:]
      for model in served {
        let predictor = try model.makePredictor()
        let normalization = predictor.normalization
        guard normalization.isRGB else {
          throw ServerError(
            "\(model.name) takes images of \(normalization.channels) channels of type \(normalization.type); the server "
              + "labels 8-bit RGB alone, and rtseg predict labels these")
        }
        predictors[model.name] = predictor
        if context == 0 { descriptions.append(ModelDescription(name: model.name, predictor)) }
      }
      workers.append(Worker(predictors))
    }
    models = descriptions
    pool = try WorkerPool(workers, threads: options.threads)
    admission = Admission(limit: options.contexts + options.queueLength)
  }

  /// Answers requests until the process gets SIGTERM or SIGINT, or `stop` is called; requests that began before that are
  /// still answered.
  /// - Parameters:
  ///   - signals: Whether signals stop the server.
  ///   - ready: Receives the port once clients can connect.
  /// - Throws: `ServerError` if the address cannot be listened on.
  public func run(signals: Bool = true, ready: @escaping @Sendable (Int) -> Void) async throws {
    // The library's own log is for its developers.
    let logger = Logger(label: "rtseg") { _ in SwiftLogNoOpLogHandler() }
    let application = try Application(
      router: router(), server: channel(),
      configuration: ApplicationConfiguration(
        address: .hostname(options.host, port: options.port), serverName: "rtseg", backlog: 512,
        availableConnectionsDelegate: MaximumAvailableConnections(options.connections, logger: logger)),
      onServerRunning: { [options] channel in ready(channel.localAddress?.port ?? options.port) }, logger: logger)
    var configuration = ServiceGroupConfiguration(
      services: [application], gracefulShutdownSignals: signals ? [.sigterm, .sigint] : [], logger: logger)
    configuration.maximumGracefulShutdownDuration = .seconds(options.timeout + 2 * options.clientTimeout)
    let group = ServiceGroup(configuration: configuration)
    self.group.withLock { $0 = group }
    defer { pool.stop() }
    do { try await group.run() } catch let error as IOError {
      throw unreachable(error.errnoCode)
    } catch is SocketAddressError.UnknownHost {
      throw ServerError(
        "cannot listen on \(options.host.printable()): the name has no address; give one of this machine's")
    }
  }

  /// Stops the server as a signal does.
  public func stop() async { await group.withLock { $0 }?.triggerGracefulShutdown() }

  private func unreachable(_ code: CInt) -> ServerError {
    let advice = code == EADDRNOTAVAIL ? "--host takes an address of this machine" : "--port chooses another port"
    return ServerError(
      "cannot listen on \(options.host.printable()) port \(options.port): \(String(cString: strerror(code))); \(advice)"
    )
  }

  private func router() -> Router<ServerContext> {
    let router = Router(context: ServerContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: RequestGate(options: options, metrics: metrics))
    router.add(routes)
    return router
  }

  private func channel() throws -> HTTPServerBuilder {
    let seconds = options.clientTimeout
    let plain = HTTPServerBuilder.http1(
      configuration: HTTP1Channel.Configuration(
        additionalChannelHandlers: [ConnectionGuard(seconds: seconds)],
        httpDecoderConfiguration: .init(
          maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100)))
    return try tls.map { try .tls(plain, tlsConfiguration: $0) } ?? plain
  }
}

extension TLSFiles {
  /// Reads the files.
  /// - Throws: `FileError` for a file that cannot be read, `ServerError` for one that has something else.
  func configuration() throws -> TLSConfiguration {
    let chain = try InputFile.contents(of: certificate, limit: 1 << 20)
    let secret = try InputFile.contents(of: key, limit: 1 << 20)
    guard let certificates = try? NIOSSLCertificate.fromPEMBytes(chain), !certificates.isEmpty else {
      throw ServerError("\(certificate.printable()): expected a certificate in PEM, -----BEGIN CERTIFICATE-----")
    }
    guard let privateKey = try? NIOSSLPrivateKey(bytes: secret, format: .pem) else {
      throw ServerError(
        "\(key.printable()): expected a private key in PEM without a passphrase, -----BEGIN PRIVATE KEY-----")
    }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(privateKey))
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["http/1.1"]
    do { _ = try NIOSSLContext(configuration: configuration) } catch {
      throw ServerError("\(key.printable()): the key does not belong to the certificate in \(certificate.printable())")
    }
    return configuration
  }
}
