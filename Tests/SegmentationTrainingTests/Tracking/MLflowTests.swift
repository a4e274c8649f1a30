import Foundation
import SegmentationTraining
import TestSupport
import Testing

/// Runs that an MLflow server follows.
@Suite(.serialized) struct MLflowTests {
  /// A server that knows an experiment and makes one run, and refuses everything else.
  private func server(_ more: [String: LoopbackServer.File] = [:]) -> LoopbackServer {
    let files = [
      "/api/2.0/mlflow/experiments/get-by-name?experiment_name=rtseg": #"{"experiment": {"experiment_id": "7"}}"#,
      "/api/2.0/mlflow/runs/create": #"{"run": {"info": {"run_id": "0a", "artifact_uri": "s3://bucket/0a"}}}"#,
    ].mapValues { LoopbackServer.File(Data($0.utf8)) }
    return LoopbackServer(files.merging(more) { $1 })
  }

  private func run() throws -> TrackedRun {
    let run = try TrackedRun()
    run.options.epochs = 1
    run.options.logging.tensorboard = false
    return run
  }

  @Test func `a server that goes away costs one warning`() throws {
    let run = try run()
    var server: LoopbackServer? = self.server()
    run.options.logging.mlflow = server?.url("")
    let trainer = try run.trainer()
    server = nil
    #expect(try trainer.run().steps == 4)
    let warnings = run.said.lines.filter { $0.contains("cannot be reached") }
    #expect(warnings.count == 1 && warnings[0].contains("the run goes on"), "\(run.said.lines)")
    #expect(run.said.lines.contains { $0.contains("has not received") })
    #expect(run.said.lines.last?.hasPrefix("done") == true || run.said.lines.contains { $0.hasPrefix("done") })
  }

  @Test func `what a server refuses is said once`() throws {
    let run = try run()
    let server = server()
    run.options.logging.mlflow = server.url("")
    _ = try run.trainer().run()
    #expect(run.said.lines.filter { $0.contains("it refuses") }.count == 1, "\(run.said.lines)")
    #expect(server.requests.contains("/api/2.0/mlflow/runs/create"))
  }

  @Test(arguments: [
    ("localhost:5000", "expected the address of an MLflow server"),
    ("sqlite:///mlflow.db", "expected the address of an MLflow server"),
    ("http://", "expected the address of an MLflow server"),
    ("http://me:secret@localhost:5000", "expected an address without a user and a password"),
    ("http://127.0.0.1:9", "http://127.0.0.1:9: it cannot be reached"),
  ])
  func `an address that is none, or where nobody answers, is refused before the data is read`(
    address: String, problem: String
  ) throws {
    let run = try run()
    run.options.data.root = "/nowhere"
    run.options.logging.mlflow = address
    let found = message { _ = try run.trainer() }
    #expect(found?.contains("logging.mlflow: ") == true && found?.contains(problem) == true, "\(found ?? "none")")
    #expect(found?.contains("\n") == false && found?.contains("secret") == false)
  }

  @Test(arguments: [
    (#"{"experiment": {"experiment_id": "../7"}}"#, "not one of MLflow's"), ("<html>", "not one of MLflow's"),
    (#"{"experiment": {"experiment_id": "7", "lifecycle_stage": "deleted"}}"#, "is deleted"),
  ])
  func `an answer that is not MLflow's is refused`(answer: String, problem: String) throws {
    let run = try run()
    let path = "/api/2.0/mlflow/experiments/get-by-name?experiment_name=rtseg"
    let server = server([path: .init(Data(answer.utf8))])
    run.options.logging.mlflow = server.url("")
    let found = message { _ = try run.trainer() }
    #expect(found?.contains(problem) == true && found?.contains("\n") == false, "\(found ?? "none")")
  }

  @Test(arguments: [
    (["MLFLOW_TRACKING_USERNAME": "me", "MLFLOW_TRACKING_PASSWORD": "secret"], "Basic bWU6c2VjcmV0"),
    (["MLFLOW_TRACKING_TOKEN": "abc", "MLFLOW_TRACKING_USERNAME": "me"], "Bearer abc"),
    (["MLFLOW_TRACKING_PASSWORD": "secret"], nil), (["MLFLOW_TRACKING_TOKEN": ""], nil),
  ])
  func `credentials come from the variables of MLflow's own client`(
    environment: [String: String], header: String?
  ) throws {
    #expect(try MLflowCredentials(environment).header == header)
  }

  /// The server's rule: [/\w.\- :]*, and no parts that are no names of files.
  @Test(arguments: [
    ("val/IoU_cls/Bäume 2", "val/IoU_cls/Bäume 2"), ("val/IoU_cls/road,wet (50%)", "val/IoU_cls/road_wet _50__"),
    ("val/IoU_cls/../a//b/", "val/IoU_cls/_/a/b"),
  ])
  func `names of metrics are those that MLflow takes`(name: String, expected: String) {
    #expect(MLflowRun.Metric(name, 1, step: 1).key == expected)
  }

  // MARK: A real server

  private struct Found: Decodable {
    struct Point: Decodable {
      let step: Int
      let value: Double
    }
    let status: [String]
    let names: [String]
    let parameters: [String: String]
    let tags: [String: String]
    let metrics: [String: [Point]]
    let files: [String]
    let configuration: String
  }

  private static let script = """
    import json, sys
    from mlflow import MlflowClient
    client = MlflowClient(sys.argv[1])
    runs = client.search_runs([client.get_experiment_by_name(sys.argv[2]).experiment_id])
    run = runs[0]
    files = sorted(f.path for f in client.list_artifacts(run.info.run_id))
    print(json.dumps({
        "status": [r.info.status for r in runs], "names": [r.info.run_name for r in runs],
        "parameters": run.data.params, "tags": run.data.tags, "files": files,
        "configuration": open(client.download_artifacts(run.info.run_id, "config.yaml")).read(),
        "metrics": {name: [{"step": m.step, "value": m.value} for m in client.get_metric_history(run.info.run_id, name)]
                    for name in run.data.metrics},
    }))
    """

  @Test(.enabled(if: TrackerPython.isThere, "MLflow is not there: make setup-trackers"))
  func `a real server has the run with its options, measurements and files, also after it was resumed`() throws {
    let run = try run()
    let server = try MLflowServer(run.folder.appending(path: "server"))
    run.options.epochs = 2
    run.options.logging.mlflow = server.address
    run.options.logging.mlflowExperiment = "trees & roads/ü"
    run.options.objective.classWeights = nil
    let first = try run.trainer()
    first.shouldStop = { $0 == .step(3) }
    _ = try first.run()
    func found() throws -> Found {
      try TrackerPython.json(Self.script, server.address, run.options.logging.mlflowExperiment, as: Found.self)
    }
    let interrupted = try found()
    #expect(interrupted.status == ["KILLED"])
    #expect(interrupted.metrics["train/loss_total"]?.map(\.step) == [1, 2, 3])

    _ = try run.trainer(resume: true).run()
    let whole = try found()
    #expect(whole.status == ["FINISHED"] && whole.names == ["run"])
    let rows = try run.rows
    let losses = try #require(whole.metrics["train/loss_total"]).sorted { $0.step < $1.step }
    #expect(losses.map(\.step) == Array(1...8))
    #expect(losses.map(\.value) == rows.filter(\.isStep).map { $0.loss! })
    #expect(whole.metrics["val/mIoU"]?.map(\.value) == rows.compactMap(\.meanIoU))
    for (name, score) in try #require(rows.last { $0.meanIoU != nil }?.classIoU) {
      #expect(whole.metrics["val/IoU_cls/\(name)"]?.last?.value == score, "\(name)")
    }
    #expect(whole.parameters["optimizer.learning_rate"] == "\(run.options.optimizer.learningRate)")
    #expect(whole.parameters["model.name"] == "fastscnn" && whole.parameters["threads"] == "1")
    #expect(whole.tags["rtseg.network"] == "fastscnn" && whole.tags["rtseg.folder"] == run.options.output)
    #expect(whole.files == ["config.yaml", "curves.svg", "manifest.json"])
    let configuration = try String(contentsOfFile: run.options.output + "/config.yaml", encoding: .utf8)
    #expect(whole.configuration == configuration)
    #expect(!run.said.lines.contains { $0.contains("MLflow") }, "\(run.said.lines)")
  }
}
