/// The questions to Optuna's process, and its answers.
enum OptunaRequest {
  struct Open: Encodable {
    let op = "open"
    let storage: String
    let study: String?
    let direction: String
    let sampler: String
    let pruner: String
    let seed: Int?
    /// The last epoch, which is what a pruner measures effort by.
    let resource: Int
    let trials: Int
    let heartbeat: Int
    /// How often a trial is begun again whose process died.
    let retries: Int
    /// The attributes by which a study is told from others.
    let attributes: [String: String]
    /// Whether the study is made if it is not there.
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

  /// A request without more.
  struct Plain: Encodable {
    let op: String
  }
}

enum OptunaAnswer {
  struct Failure: Decodable {
    enum Kind: String, Decodable {
      /// Optuna cannot be loaded.
      case optuna
      /// Another package is missing.
      case package
      /// The database cannot be used.
      case storage
      /// The study was begun for something else.
      case differs
      /// There is no such study.
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
    /// The trial to do; nil if there is none.
    let number: Int?
    /// The trial that it repeats.
    let retried: Int?
    /// Trials of others that are under way, if there is none to do.
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
    /// Whether the study took the result: others may have taken the trial for dead.
    let counted: Bool
  }

  struct Nothing: Decodable {}
}
