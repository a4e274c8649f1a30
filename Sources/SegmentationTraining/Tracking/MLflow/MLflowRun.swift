import Foundation

/// A run on an MLflow server.
package struct MLflowRun: Sendable {
  /// A number that was measured at a step.
  package struct Metric: Encodable, Sendable {
    package let key: String
    let value: Double
    /// The time in milliseconds since 1970.
    let timestamp: Int
    let step: Int

    package init(_ name: String, _ value: Double, step: Int, at time: Date = Date()) {
      key = Self.allowed(name)
      self.value = value
      timestamp = time.milliseconds
      self.step = step
    }

    /// The name with `_` in place of what MLflow refuses: characters other than letters, digits, spaces and `_-./`, and
    /// parts between slashes that cannot be names of files.
    private static func allowed(_ name: String) -> String {
      let parts = name.split(separator: "/").map { part in
        let scalars = part.unicodeScalars.map { scalar in
          let isWordly = scalar.properties.isAlphabetic && scalar.properties.generalCategory != .nonspacingMark
          return isWordly || scalar.properties.numericType != nil || " _-.".unicodeScalars.contains(scalar)
            ? scalar : "_"
        }
        let text = String(String.UnicodeScalarView(scalars))
        return [".", ".."].contains(text) ? "_" : text
      }
      return String(parts.joined(separator: "/").prefix(250))
    }
  }

  /// A parameter or a tag.
  struct Pair: Encodable, Sendable {
    let key: String
    let value: String
  }

  enum Status: String, Encodable, Sendable {
    case running = "RUNNING"
    case finished = "FINISHED"
    case failed = "FAILED"
    case killed = "KILLED"
  }

  private struct Nothing: Decodable {}

  private struct Answer: Decodable {
    struct Run: Decodable {
      let info: Info
    }
    struct Info: Decodable {
      let runId: String
      let artifactUri: String?
      let lifecycleStage: String?
    }
    let run: Run
  }

  static let metricsPerRequest = 1000
  private static let pairsPerRequest = 100

  let id: String
  private let client: MLflowClient
  /// The folder of the run's files in the server's own file store; `nil` if they are kept elsewhere.
  private let artifactFolder: String?

  /// Creates a run on the server.
  init(
    _ client: MLflowClient, experiment: String, name: String, tags: [Pair], parameters: [Pair], start: Date
  ) throws(MLflowError) {
    struct Request: Encodable {
      let experimentId: String
      let runName: String
      let startTime: Int
      let tags: [Pair]
    }
    let experiment = try client.experiment(experiment)
    let request = Request(experimentId: experiment, runName: name, startTime: start.milliseconds, tags: tags)
    self = try Self(client, answer: client.post("runs/create", request))
    for first in stride(from: 0, to: parameters.count, by: Self.pairsPerRequest) {
      try log(parameters: Array(parameters[first..<min(first + Self.pairsPerRequest, parameters.count)]))
    }
  }

  /// Continues a run that exists on the server.
  init(_ client: MLflowClient, id: String) throws(MLflowError) {
    let answer: Answer = try client.get("runs/get", "run_id", id)
    guard answer.run.info.lifecycleStage != "deleted" else { throw .refused(status: 404, reason: "the run is deleted") }
    self = try Self(client, answer: answer)
    try update(.running, end: nil)
  }

  private init(_ client: MLflowClient, answer: Answer) throws(MLflowError) {
    id = answer.run.info.runId
    self.client = client
    guard Self.isIdentifier(id) else { throw .refused(status: 200, reason: "the answer is not one of MLflow's") }
    // The address is mlflow-artifacts:/1/0123abcd/artifacts, or has a server's name after two slashes.
    artifactFolder = answer.run.info.artifactUri.flatMap { uri in
      guard uri.hasPrefix("mlflow-artifacts:"), let parts = URLComponents(string: uri) else { return nil }
      let names = parts.path.split(separator: "/").map(String.init)
      return names.isEmpty || names.contains("..") ? nil : names.joined(separator: "/")
    }
  }

  /// Whether a text can be the number of a run or of an experiment.
  static func isIdentifier(_ text: String) -> Bool {
    (1...128).contains(text.utf8.count) && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
  }

  private struct Batch: Encodable {
    let runId: String
    var metrics: [Metric] = []
    var params: [Pair] = []
  }

  private func log(parameters: [Pair]) throws(MLflowError) {
    let _: Nothing = try client.post("runs/log-batch", Batch(runId: id, params: parameters))
  }

  /// Adds metrics, at most `metricsPerRequest` of them.
  func log(_ metrics: [Metric]) throws(MLflowError) {
    let _: Nothing = try client.post("runs/log-batch", Batch(runId: id, metrics: metrics))
  }

  /// Uploads files if the server itself keeps files. A file that the server refuses is left out.
  func upload(_ files: MLflowSender.Files, log: RunLog) throws(MLflowError) {
    guard let artifactFolder else { return }
    for (name, content) in files {
      do { try client.put("\(artifactFolder)/\(name)", content) } catch {
        guard case .refused = error else { throw error }
        log.message("MLflow at \(client.address.text) does not keep \(name): \(error)")
      }
    }
  }

  /// Records how the run ended.
  func end(_ status: Status) throws(MLflowError) { try update(status, end: Date()) }

  private func update(_ status: Status, end: Date?) throws(MLflowError) {
    struct Request: Encodable {
      let runId: String
      let status: Status
      let endTime: Int?
    }
    let _: Nothing = try client.post(
      "runs/update", Request(runId: id, status: status, endTime: end?.milliseconds))
  }
}

extension Date {
  fileprivate var milliseconds: Int { Int(timeIntervalSince1970 * 1000) }
}
