/// The requests to the process that runs Optuna.
enum OptunaRequest {
  struct Open: Encodable {
    let op = "open"
    let storage: String
    let study: String?
    let direction: String
    let sampler: String
    let pruner: String
    let seed: Int?
    /// The number of epochs of a trial, by which a pruner measures effort.
    let resource: Int
    let trials: Int
    let heartbeat: Int
    /// The number of times that a trial is begun again if its process died.
    let retries: Int
    /// The attributes by which a study is recognized.
    let attributes: [String: String]
    /// Whether to create the study if it does not exist.
    let create: Bool
  }

  struct Suggest: Encodable {
    let op = "suggest"
    let name: String
    let type: String
    var low: SearchValue?
    var high: SearchValue?
    var step: SearchValue?
    var log: Bool?
    var choices: [SearchValue]?

    init(_ name: String, _ distribution: SearchDistribution) {
      self.name = name
      switch distribution {
      case .float(let low, let high, let step, let isLogarithmic):
        type = "float"
        (self.low, self.high, self.step) = (.number(low), .number(high), step.map(SearchValue.number))
        log = isLogarithmic
      case .integer(let low, let high, let step, let isLogarithmic):
        type = "int"
        (self.low, self.high, self.step) = (.integer(low), .integer(high), .integer(step))
        log = isLogarithmic
      case .categorical(let choices):
        type = "categorical"
        self.choices = choices
      }
    }
  }

  struct Report: Encodable {
    let op = "report"
    let step: Int
    let value: Double
  }

  struct Tell: Encodable {
    let op = "tell"
    let state: String
    let value: Double?
    let attributes: [String: String]
  }

  /// A request without arguments.
  struct Plain: Encodable {
    let op: String
  }
}

/// The answers of the process that runs Optuna.
enum OptunaAnswer {
  struct Failure: Decodable {
    enum Kind: String, Decodable {
      /// Optuna cannot be loaded.
      case optuna
      /// Another Python package is missing.
      case package
      /// The database cannot be used.
      case storage
      /// The study was begun for another space or score.
      case differs
      /// There is no study of that name.
      case study
      case order, other
    }
    let error: String
    let kind: Kind
  }

  struct Opened: Decodable {
    let study: String
    let version: String
  }

  struct Asked: Decodable {
    /// The number of the trial to run; `nil` if there is none.
    let number: Int?
    /// The number of the trial that it repeats, if it repeats one.
    let retried: Int?
    /// The number of trials of other searches that are under way, if there is no trial to run.
    let running: Int?
  }

  struct Suggested: Decodable {
    let value: SearchValue?
    let index: Int?
  }

  struct Reported: Decodable {
    let prune: Bool
  }

  struct Told: Decodable {
    /// Whether the study accepted the result. It does not if others have taken the trial for dead.
    let counted: Bool
  }

  struct Nothing: Decodable {}
}
