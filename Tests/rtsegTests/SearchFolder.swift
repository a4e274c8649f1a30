import Foundation
import Testing

/// A folder with scenes and a space, in which tests search.
final class SearchFolder {
  let url = FileManager.default.temporaryDirectory.appending(path: "rtseg-search-\(UUID().uuidString)")

  static let space = """
    optimizer.kind: {type: categorical, choices: [sgd, adamw]}
    optimizer.nesterov: {type: categorical, choices: [true, false], if: {optimizer.kind: sgd}}
    optimizer.learning_rate: {type: float, low: 1.0e-09, high: 0.05}
    augmentation.scale_range[0]: {type: float, low: -0.5, high: -0.1}
    augmentation.scale_range[1]: {type: float, low: 0.1, high: 0.5}
    """

  init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    try write("space.yaml", Self.space)
    let drawn = try Program.run("data", "synthesize", "--output", path("scenes"), "--count", "10", "--size", "64x96")
    #expect(drawn.status == 0)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appending(path: name).path }

  func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: url.appending(path: name)) }

  /// Options of short trials.
  var base: [String] {
    [
      "--model", "fastscnn", "--data-root", path("scenes"), "--batch-size", "2", "--crop-size", "64x64", "--threads",
      "1",
      "--set", "schedule.warmup_epochs=0", "--device", "cpu",
    ]
  }

  func arguments(_ output: String, _ more: [String]) -> [String] {
    ["search", "--space", path("space.yaml"), "--output", path(output)] + base + more
  }

  /// Searches in this process's time.
  func search(_ output: String, _ more: String..., python: String? = SearchEnvironment.python) throws -> Program.Result
  {
    try Program.run(arguments(output, more), environment: environment(python))
  }

  /// Starts a search.
  func start(_ output: String, _ more: String...) throws -> Process {
    try Program.start(arguments(output, more), environment: environment(SearchEnvironment.python))
  }

  private func environment(_ python: String?) -> [String: String] { python.map { ["RTSEG_PYTHON": $0] } ?? [:] }

  struct Trial: Decodable {
    let number: Int
    let state: String
    let value: Double?
    let retries: Int?
    let params: [String: Value]
    let steps: [Int]

    enum Value: Decodable, Equatable {
      case text(String), bool(Bool), number(Double)

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
          self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
          self = .number(value)
        } else {
          self = .text(try container.decode(String.self))
        }
      }
    }
  }

  /// Runs a script of Python with a study as Optuna's own interface loads it.
  func python(_ storage: String, study: String = "rtseg", _ script: String) throws -> String {
    try write(
      "script.py",
      """
      import json, sys, optuna
      optuna.logging.set_verbosity(optuna.logging.ERROR)
      study = optuna.load_study(study_name=sys.argv[2], storage=sys.argv[1])
      \(script)
      """)
    let command = [SearchEnvironment.python ?? "python3", path("script.py"), storage, study]
    let result = try Program.shell(command.map { "'\($0)'" }.joined(separator: " "))
    #expect(result.status == 0, "\(result.errors)")
    return result.output
  }

  /// The trials of a study.
  func trials(_ storage: String, study: String = "rtseg") throws -> [Trial] {
    let json = try python(
      storage, study: study,
      """
      print(json.dumps([{"number": t.number, "state": t.state.name, "value": t.value if t.values else None,
        "retries": t.system_attrs.get("failed_trial"), "params": t.params, "steps": sorted(t.intermediate_values)}
        for t in study.trials]))
      """)
    return try JSONDecoder().decode([Trial].self, from: Data(json.utf8))
  }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  /// Waits until a file is there, or a process has ended.
  func wait(for name: String, of process: Process) { while !exists(name), process.isRunning { usleep(5000) } }
}
