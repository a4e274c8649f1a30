import Foundation
import HTTPTypes
import Hummingbird
import SegmentationModels

extension InferenceServer {
  /// All addresses of the server. The OpenAPI document describes each.
  var routes: [Route] { PageFile.all.map(\.route) + serverRoutes + labellingRoutes + inferenceRoutes }

  private var serverRoutes: [Route] {
    [
      Route(method: .get, path: "/health") { _, _ in try JSON.response(["status": "ok"]) },
      Route(method: .get, path: "/metrics") { [self] _, _ in metricsAnswer },
      Route(method: .get, path: "/openapi.json") { _, _ in
        Response(
          status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-cache"],
          body: ResponseBody(byteBuffer: ByteBuffer(bytes: PackageResources.openapi_json)))
      },
    ]
  }

  private var labellingRoutes: [Route] {
    [
      Route(method: .get, path: "/v1/models") { [self] _, _ in
        try JSON.response(["models": models.map(ModelReply.init)])
      },
      Route(method: .get, path: "/v1/models/{name}") { [self] _, context in
        try JSON.response(ModelReply(model(context)))
      },
      Route(method: .post, path: "/v1/models/{name}:predict") { [self] request, context in
        try await predict(request, context)
      },
    ]
  }

  /// The Open Inference Protocol.
  private var inferenceRoutes: [Route] {
    [
      Route(method: .get, path: "/v2") { _, _ in try JSON.response(ServerReply()) },
      Route(method: .get, path: "/v2/health/live") { _, _ in try JSON.response(["live": true]) },
      Route(method: .get, path: "/v2/health/ready") { _, _ in try JSON.response(["ready": true]) },
      Route(method: .get, path: "/v2/models/{name}") { [self] _, context in
        try JSON.response(ModelMetadata(model(context)))
      },
      Route(method: .get, path: "/v2/models/{name}/ready") { [self] _, context in
        try JSON.response(ReadyReply(name: model(context).name, ready: true))
      },
      Route(method: .post, path: "/v2/models/{name}/infer") { [self] request, context in
        try await infer(request, context)
      },
    ]
  }

  /// The methods and paths of all routes, such as `GET /health`.
  package var addresses: [String] { routes.map { "\($0.method.rawValue) \($0.path)" } }

  private func model(_ context: ServerContext) throws -> ModelDescription {
    let name = context.parameters.get("name") ?? ""
    guard let model = models.first(where: { $0.name == name }) else {
      let names = models.map(\.name).joined(separator: ", ")
      throw Problem(.notFound, "there is no network \(name); the server has \(names)")
    }
    return model
  }

  private var metricsAnswer: Response {
    let text = metrics.text(admitted: admission.admitted, load: pool.load, contexts: options.contexts)
    return Response(
      status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }

  private func predict(_ request: Request, _ context: ServerContext) async throws -> Response {
    let model = try model(context)
    let wanted = try LabelRequest(request, model)
    return try await admission.admitting {
      let body = try await request.readBody(limit: options.bodyLimit, seconds: options.clientTimeout)
      let upload = try Upload(body, contentType: request.headers[.contentType], pixelLimit: options.pixelLimit)
      let start = ContinuousClock.now
      let answer = try await compute(for: context) { worker in
        try worker.label(upload, wanted, queued: (ContinuousClock.now - start) / .seconds(1))
      }
      metrics.countInference(model: model.name, seconds: answer.times.inference)
      return answer.response(wanted)
    }
  }

  private func infer(_ request: Request, _ context: ServerContext) async throws -> Response {
    let model = try model(context)
    return try await admission.admitting {
      let text = request.headers[.inferenceHeaderLength]
      let length = try text.map { text in
        guard let length = Int(text), length >= 0 else {
          throw Problem(.badRequest, "Inference-Header-Content-Length: expected a number, found \(text)")
        }
        return length
      }
      let body = try await request.readBody(limit: options.bodyLimit, seconds: options.clientTimeout)
      let limit = options.pixelLimit
      let answer = try await compute(for: context) { worker in
        try worker.infer(InferenceRequest(body, headerLength: length, pixelLimit: limit), model)
      }
      metrics.countInference(model: model.name, seconds: answer.seconds)
      return answer.response
    }
  }

  /// Waits for a context of the network, and for what it computes.
  /// - Throws: A `Problem` with status 503 or 504 if that takes too long, with 499 if the client goes away before.
  private func compute<Result: Sendable>(
    for context: ServerContext, _ work: @escaping @Sendable (Worker) throws -> Result
  ) async throws -> Result {
    let job = Job(work)
    context.channel.onDeparture {
      job.failIfWaiting(
        Problem(
          .init(code: 499, reasonPhrase: "Client Closed Request"), "the client went away before a context became free",
          reason: .clientGone))
    }
    let waiting = Task {
      try await Task.sleep(for: .seconds(options.queueTimeout))
      job.failIfWaiting(
        Problem(
          .serviceUnavailable,
          "no context became free within \(options.queueTimeout) seconds; repeat the request later",
          headers: [.retryAfter: "5"], reason: .queueTimeout))
    }
    defer { waiting.cancel() }
    return try await withTimeLimit(
      seconds: options.timeout,
      Problem(.gatewayTimeout, "labelling took longer than \(options.timeout) seconds", reason: .timeout)
    ) { try await self.pool.run(job) }
  }
}

/// A network for `/v1/models`.
private struct ModelReply: Encodable {
  struct Class: Encodable {
    let id: Int
    let name: String
    let color: [Int]
  }

  let name, network, precision: String
  let classes: [Class]
  /// Height and width of each size.
  let sizes: [[Int]]
  let mean, std: [Double]

  init(_ model: ModelDescription) {
    (name, network, precision) = (model.name, model.network, model.precision)
    classes = model.classNames.indices.map { Class(id: $0, name: model.className($0), color: model.color($0)) }
    sizes = model.sizes.map { [$0.height, $0.width] }
    (mean, std) = (model.normalization.mean, model.normalization.std)
  }
}

/// The server for `/v2`.
private struct ServerReply: Encodable {
  let name = "rtseg"
  let version = rtsegVersion
  let extensions = ["binary_tensor_data"]
}

private struct ReadyReply: Encodable {
  let name: String
  let ready: Bool
}

/// A network for `/v2/models/NAME`.
private struct ModelMetadata: Encodable {
  struct Tensor: Encodable {
    let name, datatype: String
    let shape: [Int]
  }

  let name: String
  let versions = ["1"]
  let platform = "rtseg"
  let inputs = [Tensor(name: "image", datatype: "UINT8", shape: [-1, -1, -1, 3])]
  let outputs: [Tensor]

  init(_ model: ModelDescription) {
    name = model.name
    let classes = model.classNames.isEmpty ? -1 : model.classNames.count
    outputs = [
      Tensor(name: "classes", datatype: "UINT8", shape: [-1, -1, -1]),
      Tensor(name: "logits", datatype: "FP32", shape: [-1, classes, -1, -1]),
    ]
  }
}
