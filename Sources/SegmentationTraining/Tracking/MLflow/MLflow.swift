import Files
import Foundation
import SegmentationModels
import Yams

/// Records a run on an MLflow server: its options as parameters, the losses of some steps, scores, and some files.
///
/// A run that is resumed stays the same run there; its name on the server is kept in the run's folder.
final class MLflow: TrainingObserver {
  private static let longestParameter = 500
  private static let secondsToFinish = 15.0

  private let client: MLflowClient
  private var sender: MLflowSender?

  /// Asks the server for the experiment of a new run, which also shows that the server answers. A resumed run may begin
  /// without a server.
  /// - Throws: `TrainingError` if the server of a new run does not answer.
  init(_ options: TrainingOptions, address: MLflowAddress, isResumed: Bool) throws {
    client = MLflowClient(address: address, credentials: try MLflowCredentials())
    guard !isResumed else { return }
    do throws(MLflowError) {
      _ = try client.experiment(options.logging.mlflowExperiment)
    } catch {
      throw TrainingError(
        "logging.mlflow: \(address.text): \(error); start it with mlflow server, or leave logging.mlflow out")
    }
  }

  func runBegan(_ trainer: Trainer) throws {
    let (options, folder, log, client) = (trainer.options, trainer.folder, trainer.log, client)
    let server = client.address.text
    let file = folder.mlflow
    let name = folder.url.lastPathComponent
    let tags = Self.tags(trainer)
    let parameters = Self.parameters(options)
    let start = Date()
    sender = MLflowSender(address: server, log: log) { () throws(MLflowError) in
      if let record = MLflowRecord(contentsOf: file), record.server == server {
        do throws(MLflowError) { return try MLflowRun(client, id: record.run) } catch {
          guard error.isNotFound else { throw error }
          log.warn("MLflow at \(server) does not have the run \(record.run) any more; the rest becomes a new one")
        }
      }
      let run = try MLflowRun(
        client, experiment: options.logging.mlflowExperiment, name: name, tags: tags, parameters: parameters,
        start: start)
      do { try MLflowRecord(server: server, run: run.id).write(to: file) } catch {
        log.warn("\(error); if the run is resumed, it will be another one for MLflow")
      }
      try run.upload(Self.files(folder.configuration, folder.manifest), log: log)
      return run
    }
  }

  func stepEnded(_ progress: StepProgress, _ trainer: Trainer) {
    guard trainer.options.logging.records(step: progress.runStep) else { return }
    send(TrackedValues.of(progress), step: progress.runStep)
  }

  func epochEnded(_ row: MetricsRow, _ trainer: Trainer) { send(TrackedValues.ofEpoch(row), step: row.step) }

  func validationEnded(_ row: MetricsRow, _ trainer: Trainer) { send(TrackedValues.ofValidation(row), step: row.step) }

  func runEnded(_ summary: TrainingSummary, _ trainer: Trainer) {
    finish(summary.wasInterrupted ? .killed : .finished, trainer)
  }

  func runFailed(_ error: any Error, _ trainer: Trainer) { finish(.failed, trainer) }

  private func send(_ values: [TrackedValues.Value], step: Int) {
    let time = Date()
    sender?.add(values.map { MLflowRun.Metric($0.name, $0.value, step: step, at: time) })
  }

  private func finish(_ status: MLflowRun.Status, _ trainer: Trainer) {
    sender?.finish(status, files: Self.files(trainer.folder.curves), within: Self.secondsToFinish)
    sender = nil
  }

  /// The name and content of each of the files that exists.
  private static func files(_ urls: URL...) -> MLflowSender.Files {
    urls.compactMap { url in (try? Data(contentsOf: url)).map { (url.lastPathComponent, $0) } }
  }

  // MARK: What a run is

  private static func tags(_ trainer: Trainer) -> [MLflowRun.Pair] {
    let tags = [
      ("mlflow.user", NSUserName()), ("mlflow.source.name", "rtseg"), ("mlflow.source.type", "LOCAL"),
      ("rtseg.version", rtsegVersion), ("rtseg.network", trainer.model.name),
      ("rtseg.dataset", trainer.dataset.name), ("rtseg.folder", trainer.folder.url.path),
    ]
    return tags.map { .init(key: $0.0, value: String($0.1.prefix(longestParameter))) }
  }

  /// All options by their dotted keys.
  private static func parameters(_ options: TrainingOptions) -> [MLflowRun.Pair] {
    func flatten(_ node: Node, _ path: String) -> [MLflowRun.Pair] {
      if let mapping = node.mapping, !mapping.isEmpty {
        return mapping.flatMap { flatten($0.value, (path.isEmpty ? "" : "\(path).") + ($0.key.string ?? "")) }
      }
      let text = text(node)
      return [.init(key: path, value: text.count > longestParameter ? text.prefix(longestParameter - 3) + "..." : text)]
    }
    return flatten(OptionTree(options).node(by: \.key), "")
  }

  private static func text(_ node: Node) -> String {
    switch node {
    case .scalar(let scalar): scalar.string
    case .sequence(let sequence): "[" + sequence.map(text).joined(separator: ", ") + "]"
    case .mapping(let mapping):
      "{" + mapping.map { "\(text($0.key)): \(text($0.value))" }.joined(separator: ", ") + "}"
    case .alias: ""
    }
  }
}
