extension MLflowClient {
  private struct Found: Decodable {
    struct Experiment: Decodable {
      let experimentId: String
      let lifecycleStage: String?
    }
    let experiment: Experiment
  }

  /// The number of the experiment with a name, which is created if it does not exist.
  func experiment(_ name: String) throws(MLflowError) -> String {
    if let id = try existing(name) { return id }
    struct Request: Encodable {
      let name: String
      // This makes the server's pages show training runs, not chats.
      var tags = [MLflowRun.Pair(key: "mlflow.experimentKind", value: "custom_model_development")]
    }
    struct Answer: Decodable {
      let experimentId: String
    }
    do {
      let answer: Answer = try post("experiments/create", Request(name: name))
      return try checked(answer.experimentId)
    } catch {
      // Another run may have created it in the meantime.
      if case .refused = error, let id = try existing(name) { return id }
      throw error
    }
  }

  private func existing(_ name: String) throws(MLflowError) -> String? {
    let found: Found
    do { found = try get("experiments/get-by-name", "experiment_name", name) } catch {
      if error.isNotFound { return nil }
      throw error
    }
    guard found.experiment.lifecycleStage != "deleted" else {
      throw .refused(
        status: 200,
        reason: "the experiment '\(name)' is deleted; restore it, or name another in logging.mlflow_experiment")
    }
    return try checked(found.experiment.experimentId)
  }

  private func checked(_ id: String) throws(MLflowError) -> String {
    guard MLflowRun.isIdentifier(id) else { throw .refused(status: 200, reason: "the answer is not one of MLflow's") }
    return id
  }
}
